"""Plan: what a change does, from two trees and a trace to one value."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pxctl.app.flows.rehearsal import bind_for, rehearse
from pxctl.app.flows.simulate import Traffic, crowd_for, recognised
from pxctl.app.wiring import load_files, sound
from pxctl.core.errors import UsageError
from pxctl.model.configuration import Configuration
from pxctl.model.impact import ChangePlan, TrafficImpact
from pxctl.model.proof import DecisionDifference
from pxctl.model.signals import Signals

WORK_TREE = "work tree"


def split_range(text: str) -> tuple[str, str | None]:
    """`BASE..HEAD` as two revisions; `BASE..` and `BASE` compare with the work tree (None). Raises UsageError."""
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
    progress: Callable[[int], None] | None = None,
) -> ChangePlan:
    """Compare two trees of a repository in meaning, over all requests, and in every decision on traffic."""
    from pxctl.replay.impact import shown_by_traffic
    from pxctl.replay.limits import PROVED, check_form, measure, measure_proof
    from pxctl.replay.meaning import meaning

    for text in fail_on:
        check_form(text)
    if traffic is None and any(text != PROVED for text in fail_on):
        raise UsageError("--fail-on measures decisions on traffic, and there is none", hint="add --trace FILE")
    old, new = load_files(root, base), load_files(root, head)
    before, after = sound(old), sound(new)
    impact = difference = None
    if traffic is not None:
        impact = impact_of(before, after, traffic, environment=environment, measured=measured, progress=progress,
                           sources=(old.source, new.source))  # fmt: skip
    if prove or PROVED in fail_on:
        difference = prove_difference(before, after, environment)
        if impact is not None:
            difference = shown_by_traffic(difference, impact)
    limits = []
    for text in fail_on:
        if text == PROVED and difference is not None:
            limits.append(measure_proof(text, difference))
        elif impact is not None:
            limits.append(measure(text, impact))
    return ChangePlan(
        base=base,
        head=head or WORK_TREE,
        base_commit=old.source,
        head_commit=new.source,
        meaning=meaning(before, after),
        traffic=impact,
        proof=difference,
        tenants=tuple(impact.tenants) if impact else (),
        limits=tuple(limits),
        warnings=_warnings(before, after),
    )


def prove_difference(before: Configuration, after: Configuration, environment: str | None) -> DecisionDifference:
    """Compare two configurations over all requests, under the flags of an environment."""
    from pxctl.policy.proof.difference import difference

    return difference(rehearse(before, environment).compiled, rehearse(after, environment).compiled)


def impact_of(
    before: Configuration,
    after: Configuration,
    traffic: Traffic,
    *,
    environment: str | None = None,
    measured: Signals | None = None,
    sources: tuple[str | None, str | None] = (None, None),
    progress: Callable[[int], None] | None = None,
) -> TrafficImpact:
    """The same traffic (of the base's tenants) through two configurations under the same signals."""
    from pxctl.replay.impact import traffic_impact
    from pxctl.replay.traces import read_trace

    traffic = recognised(traffic)
    return traffic_impact(
        bind_for(before, environment, source=sources[0], measured=measured),
        bind_for(after, environment, source=sources[1], measured=measured),
        read_trace(traffic.trace, preset=traffic.preset, columns=traffic.columns),
        crowd_for(before if before.tenants else after, traffic),
        seed=traffic.seed,
        trace=traffic.trace.name,
        progress=progress,
    )


def _warnings(before: Configuration, after: Configuration) -> tuple[str, ...]:
    found = []
    if before.project.privacy_levels != after.project.privacy_levels:
        found.append("the privacy levels differ; a request whose level only one side knows is not judged there")
    come = sorted(set(after.tenants) - set(before.tenants))
    if come and before.tenants:
        found.append(f"{len(come)} tenants are new and have no traffic here: " + ", ".join(come[:5]))
    return tuple(found)
