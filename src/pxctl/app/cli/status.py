"""`pxctl status`: what is live where, and every rollout."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import AtOption, Read, desks, verb
from pxctl.core.errors import UsageError

app = verb_app()


@verb(
    app,
    "pxctl status",
    "pxctl status --env production --tenant acme --at 2026-11-01T10:00Z",
    "pxctl status --env production --drift",
)
def status(
    go: Read,
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", metavar="ID", help="What this tenant has.")] = None,
    at: AtOption = None,
    drift: Annotated[bool, typer.Option("--drift", help="Ask the targets what they hold.")] = False,
    figures: Annotated[
        bool, typer.Option("--figures", help="How the environment is run: onboarding, publishing, rollbacks, secrets.")
    ] = False,
) -> int:
    """Show who has what, since when, every rollout and its step, what is blocked, safe mode, and the targets.

    Exit 1 where a tip is no release or a target that was asked has drifted, 2 where one gave no answer.
    """
    from pxctl.app.flows.live_start import figures_of, one_status, one_tenant
    from pxctl.report.figures import figures_text
    from pxctl.report.status import environments_text, status_text, tenant_text

    fetch = not go.offline
    if drift and (figures or tenant or at):
        raise UsageError("--drift asks what the targets hold now", hint="leave --at, --tenant and --figures out")
    if figures:
        return go.show(figures_of(go.desk(), fetch=fetch), figures_text)
    if tenant is not None:
        return go.show(one_tenant(go.desk(), tenant, at, fetch=fetch), tenant_text)
    if go.env is not None:
        found = one_status(go.desk(), at, fetch=fetch, drift=drift)
        if drift and found.drift is None:
            raise UsageError(f"`{go.env}` has no targets to ask, or no release yet", hint="see docs/targets.md")
        go.show(found, status_text)
        return found.exit_code
    every = [one_status(desk, at, fetch=fetch, drift=drift) for desk in desks(go.repo)]
    if drift and all(s.drift is None for s in every):
        raise UsageError("no environment has targets to ask", hint="see docs/targets.md")
    go.show({"environments": every}, lambda value: environments_text(value["environments"]))
    return max((s.exit_code for s in every), default=0)
