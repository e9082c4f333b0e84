"""`pxctl doctor`: what is missing on this machine and in this repository, and how to mend it."""

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
    find_root,
    verb_app,
)
from pxctl.core.errors import UsageError

app = verb_app()


@app.command(epilog=examples("pxctl doctor", "pxctl doctor --offline --format json"))
def doctor(
    repo: RepoOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no remote and no secret store.")] = False,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Say what is missing on this machine and in this repository, and how to mend it.

    Looks at git, your identity and signing key, the configuration, the remote, every environment's branch, stale locks
    and the secret stores that the providers use. Changes nothing. Exit 1 where something has to be mended.
    """
    from pxctl.app.flows.doctor import checkup
    from pxctl.report.doctor import checkup_text

    out = Output(output, quiet=quiet, verbose=verbose)
    try:
        root = find_root(repo)
    except UsageError:
        if repo is not None:
            raise
        root = None
    found = checkup(root, offline=offline)
    out.answer(found, format, checkup_text)
    return 1 if found.failed else 0
