"""Rollouts, purely: whom a step reaches, and what a tenant goes back to.

What a step reaches is what all steps up to it reach together, so that no step takes the version away from anybody; with
fractional buckets and the new version first, a growing percentage only adds tenants.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from pxctl.core.bucketing import bucket
from pxctl.model.project import RolloutPlan, Step
from pxctl.model.release import Blocked, Release, RolloutState
from pxctl.model.tenant import Tenant, TenantSelector

Selection = Literal["everyone"] | TenantSelector
ACTIVE = ("running", "paused")


def chosen_ids(selection: Selection, roster: Mapping[str, Tenant]) -> set[str]:
    """The ids of a roster's tenants that a selection means; names alone are looked up, not searched for."""
    if not isinstance(selection, str) and not (selection.tier or selection.business_line or selection.region):
        return set(roster) if selection.everyone else {name for name in selection.names if name in roster}
    return selected(selection, roster.values())


def selected(selection: Selection, tenants: Iterable[Tenant]) -> set[str]:
    """The ids of the tenants that a selection means."""
    if isinstance(selection, str):
        return {tenant.id for tenant in tenants}
    if selection.everyone:
        return {tenant.id for tenant in tenants}
    names, tiers = frozenset(selection.names), frozenset(selection.tier)
    lines, regions = frozenset(selection.business_line), frozenset(selection.region)
    given = bool(tiers or lines or regions)  # what follows is `TenantSelector.selects`, for many tenants at once
    return {
        t.id
        for t in tenants
        if t.id in names
        or (
            given
            and (not tiers or t.tier in tiers)
            and (not lines or t.business_line in lines)
            and (not regions or t.region in regions)
        )
    }


def seed_of(environment: str, subject: str, number: int) -> str:
    """The bucketing seed of one rollout; experiments have seeds of their own (`experiment/...`)."""
    return f"rollout/{environment}/{subject}@{number}"


def reached(
    steps: tuple[Step, ...], upto: int, seed: str, tenants: Collection[Tenant], exempt: Collection[str] = ()
) -> set[str]:  # fmt: skip
    """The ids of `tenants` that have the new version at step `upto` (0-based).

    A percentage p takes the tenants whose bucket of 10,000 is below p * 100; exempt ones only `full` or a canary by
    name reaches.
    """
    found: set[str] = set()
    percent = 0
    for step in steps[: upto + 1]:
        if step.full:
            return {tenant.id for tenant in tenants}
        if step.canary is not None:
            found |= selected(step.canary, tenants)
        if step.percent is not None:
            percent = max(percent, round(step.percent * 100))
    if percent:
        found |= {t.id for t in tenants if t.id not in exempt and bucket(seed, t.id) < percent}
    return found


def held(blocked: Iterable[Blocked], subject: str, number: int) -> set[str]:
    """Tenants that were rolled back from a version by name: no step reaches them."""
    return {t for b in blocked if b.subject == subject and b.version == number and b.tenants for t in b.tenants}


def is_blocked(blocked: Iterable[Blocked], subject: str, number: int) -> Blocked | None:
    """The block on a version for everybody, if there is one."""
    return next((b for b in blocked if b.subject == subject and b.version == number and b.tenants is None), None)


def active(release: Release, subject: str) -> RolloutState | None:
    """The running or paused rollout of a subject."""
    return next((r for r in release.rollouts if r.subject == subject and r.state in ACTIVE), None)


def latest(release: Release, subject: str) -> RolloutState | None:
    """The last rollout of a subject, whatever its state."""
    return next((r for r in release.rollouts if r.subject == subject), None)


def with_rollout(release: Release, state: RolloutState) -> tuple[RolloutState, ...]:
    """The rollouts with one subject's entry replaced; one entry a subject, sorted by subject."""
    others = [r for r in release.rollouts if r.subject != state.subject]
    return tuple(sorted([*others, state], key=lambda r: r.subject))


def version_for_new(
    release: Release, subject: str, tenant: Tenant, plan: RolloutPlan | None, exempt: Collection[str]
) -> int | None:
    """The version of a subject that a tenant gets who joins now.

    The new one if the running rollout already reaches it, else the last version that was full for it, else none.
    """
    state = latest(release, subject)
    here = state is not None and bool(selected(state.selection, [tenant]))
    if state is not None and here and tenant.id not in held(release.blocked, subject, state.version):
        if state.state == "done":
            return state.version
        if state.state in ACTIVE and plan is not None and reached(plan.steps, state.step, state.seed, [tenant], exempt):
            return state.version
    return release.stable.get(subject)


def back_to(
    release: Release, subject: str, tenants: Iterable[str], before: Mapping[str, int | None]
) -> dict[str, int | None]:
    """What each tenant goes back to: what it had before (`before`), else the stable version."""
    return {t: before[t] if t in before else release.stable.get(subject) for t in tenants}
