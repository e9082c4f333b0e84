"""The same traffic through two configurations: every decision that differs, counted, priced, and shown by example."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pxctl.core.errors import ContextError
from pxctl.model.context import Context
from pxctl.model.impact import Example, Move, Side, TrafficImpact
from pxctl.policy.bound import Bound
from pxctl.policy.facts import Facts
from pxctl.replay.contexts import contexts
from pxctl.replay.population import Crowd
from pxctl.replay.rows import Block

EXAMPLES = 12
PER_MOVE = 2
UNJUDGED = "(not judged)"


class Outcome(NamedTuple):
    """What of a decision counts when two are compared."""

    primary: str
    fallbacks: tuple[str, ...]
    cost: int

    @property
    def served(self) -> bool:
        """Whether there is a deployment."""
        return not self.primary.startswith("(")

    def regions(self) -> frozenset[str]:
        """Every region that the chain reaches."""
        chain = (self.primary, *self.fallbacks) if self.served else ()
        return frozenset(name.rpartition("@")[2] for name in chain)


class _Scale:
    """One side: decides, sums."""

    def __init__(self, bound: Bound) -> None:
        self.decide = bound.decide
        signals = bound.signals.deployments
        self.latency = {n: round(s.latency_p95_ms * 1000) for n, s in signals.items() if s.latency_p95_ms is not None}
        self.sums = Counter[str]()

    def outcome(self, context: Context) -> tuple[Outcome, Facts | None]:
        """Decide and count one request."""
        try:
            facts = self.decide(context)
        except ContextError:
            self.sums["unjudged"] += 1
            return Outcome(UNJUDGED, (), 0), None
        primary = facts.primary
        if primary is None:
            self.sums["refused"] += 1
            return Outcome(f"({facts.refusal})", (), 0), facts
        cost = facts.cost or 0
        self.sums["served"] += 1
        self.sums["cost"] += cost
        if primary in self.latency:
            self.sums["latency"] += self.latency[primary]
            self.sums["timed"] += 1
        return Outcome(primary, facts.fallbacks, cost), facts


def traffic_impact(
    before: Bound,
    after: Bound,
    blocks: Iterable[Block],
    crowd: Crowd,
    *,
    seed: int,
    trace: str,
    progress: Callable[[int], None] | None = None,
) -> TrafficImpact:
    """Decide every row twice. Memory grows with the kinds of change, never with the rows."""
    old, new = _Scale(before), _Scale(after)
    counts: Counter[str] = Counter()
    moves: dict[tuple[str, str], list[int]] = {}
    movers: dict[tuple[str, str], set[str]] = {}
    regions: Counter[str] = Counter()
    tenants: Counter[str] = Counter()
    routes: Counter[str] = Counter()
    examples: dict[tuple[str, str], list[Example]] = {}
    for block in blocks:
        for row, context in enumerate(contexts(block, crowd.fill(block), seed), block.start):
            (was, facts), (now, new_facts) = old.outcome(context), new.outcome(context)
            if was == now:
                continue
            key = (was.primary, now.primary)
            _classify(counts, regions, was, now)
            sums = moves.setdefault(key, [0, 0, 0])
            sums[0] += 1
            sums[1] += was.cost
            sums[2] += now.cost
            movers.setdefault(key, set()).add(context.tenant)
            tenants[context.tenant] += 1
            routes[f"{facts.policy}/{facts.route}" if facts is not None and facts.route else was.primary] += 1
            found = examples.setdefault(key, [])
            if len(found) < PER_MOVE:
                found.append(Example(row=row, context=shown(context), before=brief(was, facts),
                                     after=brief(now, new_facts)))  # fmt: skip
        counts["rows"] += len(block)
        if progress is not None:
            progress(len(block))
    ordered = sorted(moves, key=lambda k: (k[0] == k[1], -moves[k][0], k))
    return TrafficImpact(
        trace=trace,
        seed=seed,
        **{name: counts[name] for name in ("rows", "changed", *CLASSES)},
        before=Side(**old.sums),
        after=Side(**new.sums),
        moves=tuple(
            Move(before=k[0], after=k[1], requests=moves[k][0], cost_before=moves[k][1], cost_after=moves[k][2],
                 tenants=len(movers[k]))
            for k in ordered
        ),
        regions=dict(regions.most_common()),
        tenants=dict(sorted(tenants.items(), key=lambda i: (-i[1], i[0]))),
        routes=dict(sorted(routes.items(), key=lambda i: (-i[1], i[0]))),
        examples=tuple([example for k in ordered for example in examples[k]][:EXAMPLES]),
    )  # fmt: skip


CLASSES = ("primary_changed", "fallbacks_changed", "cost_changed", "newly_refused", "newly_served",
           "region_changed", "region_widened")  # fmt: skip


def _classify(counts: Counter[str], regions: Counter[str], was: Outcome, now: Outcome) -> None:
    counts["changed"] += 1
    if was.primary != now.primary:
        counts["primary_changed"] += 1
    elif was.fallbacks != now.fallbacks:
        counts["fallbacks_changed"] += 1
    else:
        counts["cost_changed"] += 1
    counts["newly_refused"] += was.served and not now.served
    counts["newly_served"] += now.served and not was.served
    counts["region_widened"] += bool(now.regions() - was.regions())
    if was.served and now.served:
        left, came = was.primary.rpartition("@")[2], now.primary.rpartition("@")[2]
        if left != came:
            counts["region_changed"] += 1
            regions[f"{left} -> {came}"] += 1


def shown(context: Context) -> dict[str, Any]:
    """What a reader needs of a context to send it again: everything that is not the default."""
    return {
        name: getattr(context, name)
        for name, field in Context.model_fields.items()
        if name != "user" and getattr(context, name) != field.default
    }


def brief(outcome: Outcome, facts: Facts | None) -> dict[str, Any]:
    """A decision in a few fields."""
    return {
        "primary": outcome.primary,
        "fallbacks": list(outcome.fallbacks),
        "cost": outcome.cost,
        "policy": None if facts is None else facts.policy,
        "route": None if facts is None else facts.route,
        "arm": None if facts is None else facts.arm,
    }
