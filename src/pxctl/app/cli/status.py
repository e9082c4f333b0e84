"""`pxctl status`: what is live where, and every rollout."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import AtOption, Read, desks, verb

app = verb_app()


@verb(app, "pxctl status", "pxctl status --env production --tenant acme --at 2026-11-01T10:00Z")
def status(
    go: Read,
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", metavar="ID", help="What this tenant has.")] = None,
    at: AtOption = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="How the environment is run: onboarding, publishing, rollbacks, secrets.")
    ] = False,
) -> int:
    """Show who has what, since when, every rollout and its step, what is blocked, and safe mode.

    Exit 1 where a tip is no release.
    """
    from pxctl.app.flows.live_start import figures_of, one_status, one_tenant
    from pxctl.report.figures import figures_text
    from pxctl.report.status import environments_text, status_text, tenant_text

    fetch = not go.offline
    if figures:
        return go.show(figures_of(go.desk(), fetch=fetch), figures_text)
    if tenant is not None:
        return go.show(one_tenant(go.desk(), tenant, at, fetch=fetch), tenant_text)
    if go.env is not None:
        found = one_status(go.desk(), at, fetch=fetch)
        go.show(found, status_text)
        return 1 if found.problems else 0
    every = [one_status(desk, at, fetch=fetch) for desk in desks(go.repo)]
    go.show({"environments": every}, lambda value: environments_text(value["environments"]))
    return 1 if any(s.problems for s in every) else 0
