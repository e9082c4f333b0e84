"""`pxctl export-live`: write what is live for one tenant, resolved."""

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
from pxctl.app.cli.releasing import EnvOption, desk_for

app = verb_app()


@app.command(epilog=examples("pxctl export-live --env production --tenant acme --output acme.json"))
def export_live(
    tenant: Annotated[str, typer.Option("--tenant", "-t", metavar="ID", help="The tenant.")],
    env: EnvOption = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME|SEQ", help="At a moment, or at a release.")] = None,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Write a tenant's live configuration: its policy, its providers with the credential version, its flags.

    References to secrets are in it, secrets never. The text format is YAML.
    """
    from pxctl.app.flows.export_live import exported, exported_yaml

    out = Output(output, quiet=quiet, verbose=verbose)
    found = exported(desk_for(repo, env), tenant, at)
    if format == Format.JSON:
        out.answer(found, format, str)
    else:
        out.write(exported_yaml(found))
    return 0
