"""Publish: directly, as a request in the work tree, or as a pull request."""

from __future__ import annotations

from pxctl.app.flows.release import Desk, publish_intent, release, selector
from pxctl.core.errors import UsageError
from pxctl.model.live import ReleaseResult


def publish_subject(
    desk: Desk,
    subject: str,
    mode: str | None,
    *,
    tenants: tuple[str, ...] = (),
    business_lines: tuple[str, ...] = (),
    tiers: tuple[str, ...] = (),
    rollout: str | None = None,
    reason: str = "",
    again: bool = False,
    supersede: bool = False,
    force: bool = False,
) -> tuple[ReleaseResult, str]:
    """Publish a subject; `mode` is direct, dry-run, request, pr, or None for what the repository is set up for."""
    chosen = selector(tenants, business_lines, tiers)
    if mode is None:
        mode = "pr" if desk.config.project.forge is not None else "direct"
    intent, terms = publish_intent(
        desk, subject, selection=chosen, rollout=rollout, reason=reason, again=again, supersede=supersede, force=force
    )
    if mode in ("direct", "dry-run"):
        return release(desk, intent, terms, dry_run=mode == "dry-run"), ""
    raise UsageError(f"`{mode}` is not available here", hint="publish with --direct")
