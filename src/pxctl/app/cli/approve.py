"""`pxctl approve`: sign your agreement to a plan."""

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
    VerboseOption,
    examples,
    verb_app,
)
from pxctl.app.cli.releasing import EnvOption, KeyOption, desk_for

app = verb_app()


@app.command(
    epilog=examples(
        "pxctl approve releases/production/0042-default-12.yaml", "pxctl approve sha256:3f9c... --env production"
    )
)
def approve(
    what: Annotated[str, typer.Argument(metavar="REQUEST|DIGEST", help="A release request's file, or a plan digest.")],
    env: EnvOption = None,
    key: KeyOption = None,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Sign a plan with your SSH key; `pxctl apply` collects the signature, which counts for 24 hours.

    Who wrote the request does not approve it, and a bot never does.
    """
    from pxctl.app.flows.approvals import approve_plan
    from pxctl.report.release import approval_text

    out = Output(output, quiet=quiet, verbose=verbose)
    out.answer(approve_plan(desk_for(repo, env, key=key), what), format, approval_text)
    return 0
