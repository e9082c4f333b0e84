"""`pxctl export-live`: write what is live for one tenant, resolved."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import Format, verb_app
from pxctl.app.cli.releasing import AtOption, Call, verb

app = verb_app()


@verb(app, "pxctl export-live --env production --tenant acme --output acme.json")
def export_live(
    go: Call,
    tenant: Annotated[str, typer.Option("--tenant", "-t", metavar="ID", help="The tenant.")],
    at: AtOption = None,
) -> int:
    """Write a tenant's live configuration: its policy, its providers with the credential version, its flags.

    References to secrets are in it, secrets never. The text format is YAML.
    """
    from pxctl.app.flows.export_live import exported, exported_yaml

    found = exported(go.desk(), tenant, at)
    if go.format == Format.JSON:
        go.out.answer(found, go.format, str)
    else:
        go.out.write(exported_yaml(found))
    return 0
