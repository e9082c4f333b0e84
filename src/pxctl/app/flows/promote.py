"""Promote: one rollout, or every rollout that is due."""

from __future__ import annotations

from pxctl.app.flows.release import Desk, release
from pxctl.model.live import ReleaseResult
from pxctl.release.draft import Setting, current
from pxctl.release.rollout import ACTIVE
from pxctl.release.steps import Promote


def promote_rollouts(
    desk: Desk, subject: str | None, *, full: bool, if_ready: bool, reason: str, dry_run: bool
) -> list[ReleaseResult]:
    """Promote the rollout that is meant; with `if_ready` and no subject, each one that is due."""
    if not if_ready or subject is not None:
        return [release(desk, Promote(subject, full=full, if_ready=if_ready, reason=reason), dry_run=dry_run)]
    view = desk.branch.view(desk.branch.tip())
    record = current(view, Setting(desk.environment, desk.config.project, desk.config.tenants, desk.clock.now()))
    subjects = [state.subject for state in record.rollouts if state.state in ACTIVE]
    return [release(desk, Promote(name, full=full, if_ready=True, reason=reason), dry_run=dry_run) for name in subjects]
