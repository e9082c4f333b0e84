"""Two compiled policies over all requests: a proof that no decision changes, or the pairs of routes that differ.

Both sequences of routes are laid over the same cells and cut into parts (`parts`); within a part the kinds of requests
that the sides treat differently are counted exactly (`kinds`). Kinds with equal views are decided alike whatever the
signals. For each pair of routes requests are tried until one is decided otherwise; a pair for which none is found is
reported as uncertain, never as equal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pxctl.model.context import Context
from pxctl.model.decision import Decision, usd
from pxctl.model.proof import DecisionChange, DecisionDifference
from pxctl.model.signals import Signals
from pxctl.policy.compile import Compiled
from pxctl.policy.facts import Facts
from pxctl.policy.proof.joint import TENANT, Joint, Pair, pairs
from pxctl.policy.proof.kinds import Group, Kinds
from pxctl.policy.proof.parts import NODES, Sequences
from pxctl.policy.proof.search import TooLargeError
from pxctl.policy.proof.trial import KEYS, TRACE, fleet_of, requests, situations
from pxctl.policy.proof.view import suspects

MOST_CHANGES = 500
"""How many pairs of routes are shown, each with a request; the others are counted alone."""
NOBODY = "no tenant is on both sides: there is nothing to compare"
SAMPLES = 6
"""How many groups of a pair of routes are tried until one shows a difference."""
FEW = 24
"""How many requests are tried under every circumstance before all of them are."""
TRIES = 200_000
"""How many decisions are compared for all pairs of routes together, shared out evenly."""
MOST_TRIES, LEAST_TRIES = 20_000, 1_000
"""How many for one pair."""


@dataclass(slots=True)
class _Found:
    """One pair of routes: how many kinds, of which tenant cells, and groups to try, with their entries."""

    kinds: int = 0
    tenants: int = 0
    samples: list[tuple[Group, int, int]] = field(default_factory=list)


@dataclass(slots=True)
class _State:
    changes: list[DecisionChange] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    parts: int = 0
    kinds: int = 0
    changed: int = 0
    pairs: int = 0
    counted: bool = True


def difference(
    old: Compiled, new: Compiled, *, tenants: Collection[str] | None = None, nodes: int = NODES
) -> DecisionDifference:
    """Compare two compiled configurations over all requests of the tenants that both know (of `tenants`, if given).

    `nodes` bounds the boxes that are looked at for each pair of policies; beyond it counts are `at least`.
    """
    state = _State()
    shared = [
        name for name in old.config.tenants if name in new.config.tenants and (tenants is None or name in tenants)
    ]  # fmt: skip
    gone = [] if tenants is not None else [name for name in old.config.tenants if name not in new.config.tenants]
    if gone:
        state.changes.append(removed(len(gone)))
        state.pairs += 1
    if not shared:
        state.limits.append(NOBODY)
    levels = set(old.vocabulary.levels) ^ set(new.vocabulary.levels)
    if levels:
        state.changes.append(DecisionChange(
            tenants=len(shared), policy="every policy", route_before=None, route_after=None, certain=True,
            message=f"requests of level {', '.join(sorted(levels))} are an error where the level does not exist",
        ))  # fmt: skip
        state.pairs += 1
    for pair in pairs(old, new, shared):
        _compare(state, old, new, pair, nodes)
    state.changes.sort(key=lambda change: (-change.kinds, not change.certain))
    return DecisionDifference(
        unchanged=not state.changes and not state.limits,
        changes=tuple(state.changes),
        tenants_added=tuple(name for name in new.config.tenants if name not in old.config.tenants),
        tenants_removed=tuple(name for name in old.config.tenants if name not in new.config.tenants),
        limits=tuple(state.limits),
        parts=state.parts,
        kinds=state.kinds,
        kinds_changed=state.changed,
        counted=state.counted,
        pairs=state.pairs,
    )


def removed(tenants: int) -> DecisionChange:
    """What becomes of the requests of tenants that leave the roster."""
    return DecisionChange(
        tenants=tenants, policy="every policy", route_before=None, route_after=None, certain=True,
        message="requests of tenants that were removed are an error now",
    )  # fmt: skip


def _compare(state: _State, old: Compiled, new: Compiled, pair: Pair, nodes: int) -> None:
    if pair.before is None or pair.after is None:
        _half(state, old, new, pair)
        return
    joint = Joint(old, new, pair)
    sequences, kinds = Sequences(joint, nodes), Kinds(joint)
    found: dict[tuple[str | None, str | None], _Found] = {}
    state.kinds += joint.size(joint.everything)
    try:
        for part, first, second in sequences.changed():
            if joint.same(first, second, part):
                continue
            for group in kinds.differing(part, first, second):
                key = joint.before.name(first), joint.after.name(second)
                one = found.setdefault(key, _Found())
                one.kinds += group.count
                one.tenants |= group.tenants
                state.changed += group.count
                if len(one.samples) < SAMPLES:
                    one.samples.append((group, first, second))
    except TooLargeError as error:
        state.limits.append(f"policy `{pair.name}`: {error.message}")
        state.counted = False
    state.parts += sequences.nodes
    state.pairs += len(found)
    shown = sorted(found.values(), key=lambda one: -one.kinds)[: max(0, MOST_CHANGES - len(state.changes))]
    tries = min(MOST_TRIES, max(LEAST_TRIES, TRIES // max(1, len(shown))))
    state.changes.extend(_shown(joint, one, tries) for one in shown)


def _half(state: _State, old: Compiled, new: Compiled, pair: Pair) -> None:
    """Tenants whose policy exists on one side alone: each of their requests is an error on the other."""
    existing = pair.before or pair.after
    if existing is None:
        return
    side = old if pair.before is not None else new
    joint = Joint(side, side, Pair(existing, existing, pair.tenants))
    size = joint.size(joint.everything)
    state.kinds += size
    state.changed += size
    state.pairs += 1
    state.changes.append(DecisionChange(
        tenants=len(pair.tenants), policy=pair.name, route_before=None, route_after=None, certain=True, kinds=size,
        message=f"the policy {'did' if pair.before is None else 'does'} not exist"
        f" {'before' if pair.before is None else 'any more'}",
    ))  # fmt: skip


def _shown(joint: Joint, found: _Found, most: int) -> DecisionChange:
    """A pair of routes with a request that is decided otherwise, where one is found."""
    tenants, tried = joint.weight(TENANT, found.tenants), 0
    _, first, second = found.samples[0]
    names = joint.before.name(first), joint.after.name(second)
    common: dict[str, Any] = {
        "tenants": tenants, "policy": joint.pair.name, "kinds": found.kinds,
        "route_before": names[0], "route_after": names[1],
    }  # fmt: skip
    for group, one, other in found.samples:
        for words, signals, was, now in islice(_decisions(joint, group, one, other), max(0, most - tried)):
            tried += 1
            if (was.route, now.route) != names or outcome(was) == outcome(now):
                continue
            before, after = was.render(), now.render()
            return DecisionChange(
                **common,
                certain=True,
                message=_message(before, after),
                when=words,
                example=was.context,
                before=before,
                after=after,
                signals=signals,
            )
    return DecisionChange(
        **common, certain=False,
        message=f"the rules differ, yet none of {tried:,} requests that were tried is decided otherwise",
    )  # fmt: skip


def _decisions(joint: Joint, group: Group, first: int, second: int) -> Iterator[tuple[str, Signals, Facts, Facts]]:
    plans = [*joint.before.plans(first), *joint.after.plans(second)]
    likely = suspects((joint.before, first, group.before), (joint.after, second, group.after))
    fleet = fleet_of(plans, likely)
    made = list(requests(joint, group, plans))
    few = [context for context in made if context.cached_input_tokens == 0][:FEW]
    for some in (made[:1], few, made):
        for words, signals in situations(joint, fleet, plans, group, made):
            one, other = joint.old.bind(signals), joint.new.bind(signals)
            for context in made if not words else some:
                yield words, signals, one.decide(context), other.decide(context)
    if any(plan.strategy == "weighted" or plan.arm for plan in plans):
        yield from _by_key(joint, *next(situations(joint, fleet, plans, group, made)), made)


def _by_key(
    joint: Joint, words: str, signals: Signals, made: list[Context]
) -> Iterator[tuple[str, Signals, Facts, Facts]]:
    """Request after request that differ in nothing but their keys."""
    one, other = joint.old.bind(signals), joint.new.bind(signals)
    context = max(made, key=lambda c: len(one.decide(c).fallbacks) + len(other.decide(c).fallbacks))
    for number in range(1, KEYS):
        keyed = context.model_copy(update={"trace_id": f"{TRACE}-{number}"})
        yield words, signals, one.decide(keyed), other.decide(keyed)


def outcome(facts: Facts) -> tuple[Any, ...]:
    """What of a decision is about where the request goes: primary, fallbacks, cost, refusal."""
    return (
        facts.primary, facts.fallbacks, facts.refusal, facts.cost, facts.cost_basis, facts.degraded,
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
    names = ("refusal", "cost_basis", "degraded", "from_fallbacks")
    return ", ".join(name for name in names if getattr(was, name) != getattr(now, name)) + " changed"


def _chain(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
