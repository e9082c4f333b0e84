"""Publish: directly, as a request in the work tree, or as a pull request."""

from __future__ import annotations

from pathlib import Path

from pxctl.app.flows.intents import publish_intent, selector
from pxctl.app.flows.release import FOLDERS, Desk, release
from pxctl.app.flows.requests import ask
from pxctl.model.live import ReleaseResult
from pxctl.model.release import ReleaseRequest


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
    withdraw: bool = False,
    trace: Path | None = None,
) -> tuple[ReleaseResult, str]:
    """Publish a subject; `mode` is direct, dry-run, request, pr, or None for what the repository is set up for.

    Returns the result (of a plan, where a request was written) and a message for people.
    """
    chosen = selector(tenants, business_lines, tiers)
    if mode is None:
        mode = "pr" if desk.config.project.forge is not None else "direct"
    intent, terms = publish_intent(
        desk, subject, selection=chosen, rollout=rollout, reason=reason, again=again, supersede=supersede, force=force,
        withdraw=withdraw,
    )  # fmt: skip
    impact = decision_impact(desk, subject, trace) if trace is not None else None
    result = release(desk, intent, terms, dry_run=mode != "direct").model_copy(update={"impact": impact})
    if mode in ("direct", "dry-run") or result.status == "unchanged":
        return result, uncommitted(desk, subject)
    request = ReleaseRequest(
        op="roster" if subject == "roster" else "publish", subject=subject, version=result.plan.version,
        source=desk.tree.source, tenants=chosen or "everyone", rollout=getattr(intent, "plan", None), reason=reason,
        supersede=supersede, again=again, force=force, withdraw=withdraw,
    )  # fmt: skip
    return ask(desk, request, result, mode == "pr")


def uncommitted(desk: Desk, subject: str) -> str:
    """A message where the work tree has something else of the subject than the commit that is released from."""
    kind, _, name = subject.partition("/")
    place = FOLDERS[kind] + (f"/{name}.*" if name else "")
    done = desk.git.try_run("status", "--porcelain", "--", place) if desk.rev == "HEAD" else None
    if done is None or done.code or not done.out.strip():
        return ""
    return f"what is not committed of {place} is not in this: releases are made from commits"


def decision_impact(desk: Desk, subject: str, trace: Path) -> str:
    """What the new content of a subject does to the decisions on recorded traffic, against its stable version."""
    from pxctl.app.flows.gates import overlay
    from pxctl.app.flows.live import live_view
    from pxctl.app.flows.plan import impact_of
    from pxctl.app.flows.simulate import Traffic
    from pxctl.app.wiring import sound
    from pxctl.load.loader import load
    from pxctl.report.text import percent

    view = live_view(desk)
    number = view.release.stable.get(subject) if view.release is not None else None
    if number is None:
        return "there is no earlier version to compare with"
    before = sound(load(overlay(desk, view, subject, number)))
    found = impact_of(before, sound(desk.loaded), Traffic(trace), environment=desk.environment)
    return (
        f"{found.changed:,} of {found.rows:,} on {found.trace} change ({percent(found.changed, found.rows)}): "
        f"{found.primary_changed:,} another primary, {found.newly_refused:,} newly refused, "
        f"{found.region_widened:,} reach another region"
    )
