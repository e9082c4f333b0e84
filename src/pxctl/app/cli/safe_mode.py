"""`pxctl safe-mode`: allow only the allow-listed deployments, or end that."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import Change, Read, split, verb

app = verb_app(no_args_is_help=True)
LineOption = Annotated[str | None, typer.Option("--business-line", metavar="X,Y", help="These business lines only.")]
TenantOption = Annotated[str | None, typer.Option("--tenant", "-t", metavar="A,B", help="These tenants only.")]


@verb(app, "pxctl safe-mode on --env production --reason 'error storm at openai-main'")
def on(go: Change, business_line: LineOption = None, tenant: TenantOption = None) -> int:
    """Switch safe mode on: quick, and without approvals. Without a selection: for the whole environment."""
    from pxctl.app.flows.safe_mode import switch

    return go.answer(switch(go.desk(), True, split(business_line), split(tenant), go.reason, go.dry_run))


@verb(app, "pxctl safe-mode off --env production --reason 'storm is over'")
def off(go: Change, business_line: LineOption = None, tenant: TenantOption = None) -> int:
    """Switch safe mode off, by hand and by somebody who may. Without a selection: everywhere in the environment."""
    from pxctl.app.flows.safe_mode import switch

    return go.answer(switch(go.desk(), False, split(business_line), split(tenant), go.reason, go.dry_run))


@verb(app, "pxctl safe-mode status --env production")
def status(go: Read) -> int:
    """Show where safe mode is on."""
    from pxctl.app.flows.safe_mode import safe_mode_of
    from pxctl.report.status import safe_mode_text

    return go.show(safe_mode_of(go.desk(), fetch=not go.offline), safe_mode_text)
