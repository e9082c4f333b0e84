"""`pxctl import`: another gateway's configuration as a repository of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pxctl.app.cli.options import Format, FormatOption, Output, OutputOption, QuietOption, examples, verb_app

app = verb_app()


@app.command(
    "import", epilog=examples("pxctl import litellm config.yaml", "pxctl import litellm config.yaml --into my-models")
)
def import_(
    gateway: Annotated[str, typer.Argument(metavar="FORMAT", help="Whose configuration it is: litellm.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The configuration.")],
    into: Annotated[Path | None, typer.Option("--into", metavar="DIR", help="Write the files there.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    env: Annotated[bool, typer.Option("--env", help="Variables of this process count as set.")] = False,
    env_file: Annotated[
        Path | None, typer.Option("--env-file", metavar="FILE", help="Variables that it names count as set.")
    ] = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> int:
    """Show what another gateway's configuration is in ours, and what has no counterpart; with --into, write it.

    Secrets are never taken over. Findings in the source are shown; they do not keep it from being imported.
    """
    from pxctl.app.flows.interop import import_file, variables, write_into
    from pxctl.report.interop import import_text

    imported = import_file(gateway, file, variables(env, env_file))
    written = None
    if into is not None and imported.files:
        written = write_into(imported, into, force=force)
    out = Output(output, quiet=quiet)
    out.answer(imported, format, lambda value: import_text(value, written))
    if written is not None:
        out.note(f"next: pxctl lint --repo {into}")
    return 0 if imported.files else 1
