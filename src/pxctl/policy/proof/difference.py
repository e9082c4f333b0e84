"""Two compiled policies over all requests: a proof that no decision changes, or the pairs of routes that differ.

Both sequences of routes are laid over the same cells. A part in which both take routes that say the same of the same
deployments, for tenants with the same access, is decided alike whatever the signals. Where they do not, requests are
tried until one is decided otherwise; a pair of routes for which none is found is reported as uncertain, never as equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pxctl.model.decision import Decision, usd
from pxctl.model.proof import DecisionChange, DecisionDifference
from pxctl.model.signals import EPOCH, DeploymentSignal, Signals
from pxctl.policy.bound import Bound
from pxctl.policy.compile import Compiled
from pxctl.policy.facts import Facts
from pxctl.policy.proof.joint import TENANT, Joint, Pair, pairs
from pxctl.policy.proof.search import Search, TooLargeError, meet, minus, narrowest
from pxctl.policy.proof.space import Box
from pxctl.policy.proof.trial import requests

NODES = 200_000
Trials = list[tuple[Signals, Bound, Bound]]
MOST_CHANGES = 500


@dataclass(slots=True)
class _State:
    changes: dict[tuple[str, Any, Any], DecisionChange]
    limits: list[str]
    parts: int = 0


def difference(old: Compiled, new: Compiled) -> DecisionDifference:
    """Compare two compiled configurations over all requests of the tenants that both know."""
    state = _State({}, [])
    shared = [name for name in old.config.tenants if name in new.config.tenants]
    if old.vocabulary.levels != new.vocabulary.levels:
        state.changes["", None, None] = DecisionChange(
            tenants=len(shared), policy="every policy", route_before=None, route_after=None, certain=False,
            message="the privacy levels differ: requests with a level that one side lacks are an error there",
        )  # fmt: skip
    for pair in pairs(old, new, shared):
        try:
            _compare(state, old, new, pair)
        except TooLargeError as error:
            state.limits.append(f"policy `{pair.name}`: {error.message}")
    return DecisionDifference(
        unchanged=not state.changes and not state.limits,
        changes=tuple(state.changes.values()),
        tenants_added=tuple(name for name in new.config.tenants if name not in old.config.tenants),
        tenants_removed=tuple(name for name in old.config.tenants if name not in new.config.tenants),
        limits=tuple(state.limits),
        parts=state.parts,
    )


def _compare(state: _State, old: Compiled, new: Compiled, pair: Pair) -> None:
    joint = Joint(old, new, pair)
    if joint.empty:
        return
    if joint.broken:
        state.changes[pair.name, None, None] = DecisionChange(
            tenants=len(pair.tenants), policy=pair.name, route_before=None, route_after=None, certain=True,
            message=joint.broken,
        )  # fmt: skip
        return
    if joint.homes:
        state.changes[pair.name, "region", None] = DecisionChange(
            tenants=joint.homes, policy=pair.name, route_before=None, route_after=None, certain=False,
            message="tenants' own region differs, and routes look at the region of requests that state none",
        )  # fmt: skip
    trials = [(signals, old.bind(signals), new.bind(signals)) for signals in _signals(old, new)]
    before, after = Search(joint.masks_before, joint.entries_before), Search(joint.masks_after, joint.entries_after)
    for part, first, second in _leaves(state, joint, before, after):
        key = (pair.name, first, second)
        known = state.changes.get(key)
        if (known is not None and known.certain) or joint.same(first, second, part):
            continue
        found = _try(trials, joint, part, first, second)
        if known is None or found.certain:
            state.changes[key] = found
        if len(state.changes) > MOST_CHANGES:
            state.limits.append(f"policy `{pair.name}`: more than {MOST_CHANGES} pairs of routes differ")
            return


def _leaves(state: _State, joint: Joint, before: Search, after: Search) -> Iterator[tuple[Box, int, int]]:
    """Parts that one entry of each sequence takes. Left out is what is decided alike: outside of the entries that were
    changed, moved, added or removed (and of the tenants whose access was), and where the sequences agree."""
    changed_before, changed_after = joint.changed()
    regions = [before.own(entry) for entry in changed_before] + [after.own(entry) for entry in changed_after]
    if joint.moved:
        regions.append((joint.moved, *joint.everything[1:]))
    stack, spent = [region for region in regions if all(region)], 0
    while stack:
        box = stack.pop()
        spent += 1
        state.parts += 1
        if spent > NODES:
            raise TooLargeError(f"more than {NODES:,} parts of the space of requests would have to be looked at")
        touched_before, every_before, covers = before.touched(box)
        touched_after, every_after, _ = after.touched(box)
        if joint.settled(box):
            common, whole = joint.common(touched_before, touched_after)
            if whole:
                continue
            if common:
                stack.extend(minus(box, before.own(narrowest(common, covers).bit_length() - 1)))
                continue
        first, second = _first(touched_before), _first(touched_after)
        own_before, own_after = before.own(first), after.own(second)
        if not every_before >> first & 1:
            stack.append(meet(box, own_before))
            stack.extend(minus(box, own_before))
        elif not every_after >> second & 1:
            stack.append(meet(box, own_after))
            stack.extend(minus(box, own_after))
        else:
            yield box, first, second


def _first(entries: int) -> int:
    return (entries & -entries).bit_length() - 1


def _try(trials: Trials, joint: Joint, part: Box, first: int, second: int) -> DecisionChange:
    """Requests of the part until one is decided otherwise."""
    names = joint.name_before(first), joint.name_after(second)
    tenants = sum(joint.sizes[i] for i in range(len(joint.sizes)) if part[TENANT] >> i & 1)
    made = list(requests(joint, part, first, second))
    for signals, one, other in trials:
        for context in made:
            was, now = one.decide(context), other.decide(context)
            if (was.route, now.route) != names or outcome(was) == outcome(now):
                continue
            before, after = was.render(), now.render()
            seen = _named(before) | _named(after)
            slim = {name: s for name, s in signals.deployments.items() if name in seen}
            return DecisionChange(
                tenants=tenants, policy=joint.pair.name, route_before=names[0], route_after=names[1], certain=True,
                message=_message(before, after), example=context, before=before, after=after,
                signals=signals.model_copy(update={"deployments": slim}),
            )  # fmt: skip
    return DecisionChange(
        tenants=tenants, policy=joint.pair.name, route_before=names[0], route_after=names[1], certain=False,
        message="the routes differ; no request that was tried is decided otherwise, some may be under other signals",
    )  # fmt: skip


def _signals(old: Compiled, new: Compiled) -> Iterator[Signals]:
    """All well; then with health and latency that differ from deployment to deployment; then everybody failing."""
    names = list(dict.fromkeys(d.id for c in (old, new) for d in c.fleet.deployments))

    def known(health: Iterable[float], latency: Iterable[float]) -> Signals:
        made = {
            name: DeploymentSignal(health=h, health_at=EPOCH, latency_p95_ms=ms)
            for name, h, ms in zip(names, health, latency, strict=False)
        }
        return Signals(deployments=made)

    count = len(names)
    yield known([1.0] * count, [1.0] * count)
    yield known([1.0 - i / (2 * count) for i in range(count)], [1.0 + 40 * i for i in range(count)])
    yield known([0.5 + i / (2 * count) for i in range(count)], [1.0 + 40 * (count - i) for i in range(count)])
    yield known([0.0] * count, [1e6] * count)


def _named(decision: Decision) -> set[str]:
    return {e.deployment for e in (*decision.candidates, *decision.listed_fallbacks)}


def outcome(facts: Facts) -> tuple[Any, ...]:
    """What of a decision is about where the request goes: primary, fallbacks, cost, refusal."""
    return (
        facts.primary, facts.fallbacks, facts.refusal, facts.cost, facts.cost_basis, facts.degraded, facts.safe_mode,
        facts.from_fallbacks,
    )  # fmt: skip


def _message(was: Decision, now: Decision) -> str:
    """What changed, in a few words."""
    if was.primary != now.primary:
        return f"{was.primary or was.refusal} becomes {now.primary or now.refusal}"
    if was.fallbacks != now.fallbacks:
        return f"fallbacks {_chain(was.fallbacks)} become {_chain(now.fallbacks)}"
    if was.cost != now.cost and was.cost is not None and now.cost is not None:
        return f"cost ${usd(was.cost)} becomes ${usd(now.cost)}"
    names = ("refusal", "cost_basis", "degraded", "safe_mode", "from_fallbacks")
    return ", ".join(name for name in names if getattr(was, name) != getattr(now, name)) + " changed"


def _chain(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
