"""Safe mode: on quickly, off by hand."""

from __future__ import annotations

from pxctl.app.flows.live_start import required_tip
from pxctl.app.flows.release import Desk, release
from pxctl.model.live import ReleaseResult, SafeModeReport
from pxctl.release.audit import last_good
from pxctl.release.controls import SafeModeSwitch
from pxctl.release.engine import Terms


def switch(
    desk: Desk, on: bool, business_lines: tuple[str, ...], tenants: tuple[str, ...], reason: str, dry_run: bool
) -> ReleaseResult:
    """Switch safe mode; on needs no approval."""
    intent = SafeModeSwitch(on, frozenset(business_lines), frozenset(tenants), reason)
    return release(desk, intent, Terms(emergency=on), dry_run=dry_run)


def safe_mode_of(desk: Desk, *, fetch: bool = True) -> SafeModeReport:
    """Where safe mode is on, at the last good release."""
    view = last_good(desk.branch.view(required_tip(desk, fetch)), desk.environment)
    if view is None:
        return SafeModeReport(environment=desk.environment)
    return SafeModeReport(environment=desk.environment, safe_mode=view.safe_mode)
