"""Plan: what a change does, from two sides and a trace to one value."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

from pxctl.app.flows.plan_sides import PlanSide, comparable, side_from, side_of
from pxctl.app.flows.simulate import Traffic, crowd_for, recognised
from pxctl.core.errors import UsageError
from pxctl.model.configuration import Configuration
from pxctl.model.impact import ChangePlan, TrafficImpact
from pxctl.model.proof import DecisionChange, DecisionDifference
from pxctl.model.signals import Signals

Progress = Callable[[int], None]


def split_range(text: str) -> tuple[str, str | None]:
    """`BASE..HEAD` as two words; `BASE..` and `BASE` compare with the work tree (None). Raises UsageError."""
    base, dots, head = text.partition("..")
    if not base or head.startswith("."):
        raise UsageError(f"`{text}` is not BASE..HEAD", hint="for the work tree leave HEAD out: main..")
    return base, (head or None) if dots else None


def plan_change(
    root: Path,
    base: str,
    head: str | None,
    *,
    traffic: Traffic | None = None,
    fail_on: tuple[str, ...] = (),
    prove: bool = True,
    environment: str | None = None,
    measured: Signals | None = None,
    progress: Progress | None = None,
    guard_pinned: bool = True,
) -> ChangePlan:
    """Compare two sides (revisions, `env:NAME`, None for the work tree) in meaning, over all requests, on traffic.

    `guard_pinned`: a provider that is taken away while an environment's tenants have it breaks the limit `pinned`.
    """
    from pxctl.app.flows.pinned import pinned_limits
    from pxctl.replay.impact import shown_by_traffic
    from pxctl.replay.limits import PROVED, check_form, measure, measure_proof
    from pxctl.replay.meaning import meaning

    for text in fail_on:
        check_form(text)
    if traffic is None and any(text != PROVED for text in fail_on):
        raise UsageError("--fail-on measures decisions on traffic, and there is none", hint="add --trace FILE")
    before, after = (side_of(root, text, environment, measured) for text in (base, head))
    impact = None if traffic is None else _impact(before, after, traffic, progress)
    difference = difference_of(before, after) if prove or PROVED in fail_on else None
    if difference is not None and impact is not None:
        difference = shown_by_traffic(difference, impact)
    limits, pinned = pinned_limits(root, before.config, after.config) if guard_pinned else ([], [])
    for text in fail_on:
        if text == PROVED and difference is not None:
            limits.append(measure_proof(text, difference))
        elif impact is not None:
            limits.append(measure(text, impact))
    return ChangePlan(
        base=before.name,
        head=after.name,
        base_commit=before.commit,
        head_commit=after.commit,
        meaning=meaning(comparable(before, after), comparable(after, before)),
        traffic=impact,
        proof=difference,
        tenants=tuple(impact.tenants) if impact else (),
        limits=tuple(limits),
        warnings=(*before.warnings, *after.warnings, *_warnings(before.config, after.config), *pinned),
    )


def impact_of(
    before: Configuration,
    after: Configuration,
    traffic: Traffic,
    *,
    environment: str | None = None,
    measured: Signals | None = None,
    progress: Progress | None = None,
) -> TrafficImpact:
    """The same traffic (of the base's tenants) through two configurations under the same signals."""
    old, new = (side_from(config, environment, measured=measured) for config in (before, after))
    return _impact(old, new, traffic, progress)


def _impact(before: PlanSide, after: PlanSide, traffic: Traffic, progress: Progress | None) -> TrafficImpact:
    from pxctl.replay.impact import traffic_impact
    from pxctl.replay.traces import read_trace

    traffic = recognised(traffic)
    return traffic_impact(
        before.party(),
        after.party(),
        read_trace(traffic.trace, preset=traffic.preset, columns=traffic.columns),
        crowd_for(before.config if before.config.tenants else after.config, traffic),
        seed=traffic.seed,
        trace=traffic.trace.name,
        progress=progress,
    )


def difference_of(before: PlanSide, after: PlanSide) -> DecisionDifference:
    """Compare two sides over all requests: each pair of their parts, for the tenants that both parts have."""
    from pxctl.policy.proof.difference import NOBODY, difference, removed

    gone = [name for name in before.config.tenants if name not in after.config.tenants]
    found = []
    for old, new in product(before.parts, after.parts):
        shared = set(old.compiled.config.tenants) & set(new.compiled.config.tenants)
        for some in (old.tenants, new.tenants):
            shared &= shared if some is None else some
        if shared:
            found.append(difference(old.compiled, new.compiled, tenants=shared))
    changes: dict[tuple[str, str | None, str | None], DecisionChange] = {}
    for change in (change for one in found for change in one.changes):
        key = (change.policy, change.route_before, change.route_after)
        known = changes.get(key)
        if known is None:
            changes[key] = change
            continue
        better = change if change.certain and not known.certain else known
        sums = {"tenants": change.tenants + known.tenants, "kinds": change.kinds + known.kinds}
        changes[key] = better.model_copy(update=sums)
    if gone:
        changes["", None, None] = removed(len(gone))
    return DecisionDifference(
        unchanged=bool(found) and not gone and all(one.unchanged for one in found),
        changes=tuple(sorted(changes.values(), key=lambda change: -change.kinds)),
        tenants_added=tuple(t for t in after.config.tenants if t not in before.config.tenants),
        tenants_removed=tuple(gone),
        limits=tuple(dict.fromkeys(limit for one in found for limit in one.limits)) if found else (NOBODY,),
        parts=sum(one.parts for one in found),
        kinds=sum(one.kinds for one in found),
        kinds_changed=sum(one.kinds_changed for one in found),
        counted=all(one.counted for one in found),
        pairs=len(changes) + sum(one.pairs - len(one.changes) for one in found),
    )


def _warnings(before: Configuration, after: Configuration) -> tuple[str, ...]:
    found = []
    if before.project.privacy_levels != after.project.privacy_levels:
        found.append("the privacy levels differ; a request whose level only one side knows is not judged there")
    come = sorted(set(after.tenants) - set(before.tenants))
    if come and before.tenants:
        found.append(f"{len(come)} tenants are new and have no traffic here: " + ", ".join(come[:5]))
    return tuple(found)
