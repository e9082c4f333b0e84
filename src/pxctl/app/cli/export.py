"""`pxctl export`: a policy of ours as another gateway's configuration."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import (
    Format,
    FormatOption,
    Output,
    OutputOption,
    QuietOption,
    RepoOption,
    examples,
    find_root,
    verb_app,
)

app = verb_app()


@app.command(epilog=examples("pxctl export litellm -o config.yaml", "pxctl export litellm --policy regulated"))
def export(
    gateway: Annotated[str, typer.Argument(metavar="FORMAT", help="Which gateway it is for: litellm.")],
    policy: Annotated[str, typer.Option("--policy", metavar="NAME", help="Which policy.")] = "default",
    rev: Annotated[str | None, typer.Option("--rev", metavar="COMMIT", help="A commit, not the work tree.")] = None,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> int:
    """Write a policy and its providers for another gateway. What it cannot say is listed on stderr.

    Secrets are never written: references become names of variables.
    """
    from pxctl.app.flows.interop import export_policy
    from pxctl.report.interop import export_text

    exported = export_policy(gateway, find_root(repo), policy, rev)
    out = Output(output, quiet=quiet)
    if format is Format.JSON:
        out.answer(exported, format, str)
        return 0
    out.write(exported.text)
    if not quiet:
        import sys

        from pxctl.report.terminal import Terminal

        Terminal(sys.stderr).show(export_text(exported))
    return 0
