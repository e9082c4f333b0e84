"""The same traffic through two configurations: every decision that differs, counted, priced, and shown by example."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pxctl.core.errors import ContextError
from pxctl.model.context import Context
from pxctl.model.impact import Example, Move, RoutePair, Side, TrafficImpact
from pxctl.model.proof import DecisionDifference
from pxctl.policy.batch import Batch
from pxctl.policy.bound import Bound
from pxctl.policy.columns import INVALID, Decisions, decide_many
from pxctl.policy.facts import Facts
from pxctl.replay.batches import batch_of
from pxctl.replay.party import Party
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
    """One side: decides blocks in columns, sums, and gives single outcomes where the sides differ."""

    def __init__(self, party: Party, places: dict[str, int]) -> None:
        self.party = party
        self._tables = {id(bound): _tables(bound, places) for bound, _ in party.parts}
        self.sums = Counter[str]()

    def block(self, batch: Batch) -> _Block:
        """Decide a block; what can be compared comes back in places that both sides share."""
        count = len(batch)
        made = _Block(
            np.full(count, INVALID, dtype=np.int8), np.full(count, -1, dtype=np.int64),
            np.full((count, 1), -1, dtype=np.int64), [],
        )  # fmt: skip
        for bound, rows, part in self.party.split(batch):
            found = decide_many(bound, part)
            place, latency = self._tables[id(bound)]
            chain = place[np.concatenate([found.primary[:, None], found.fallbacks], axis=1)]
            made.put(rows, found, chain)
            self._sum(found, latency)
        self.sums["unjudged"] += int((made.refusal == INVALID).sum())
        return made

    def _sum(self, found: Decisions, latency: NDArray[np.int64]) -> None:
        served = found.primary >= 0
        self.sums["served"] += int(served.sum())
        self.sums["refused"] += int((~served & (found.refusal != INVALID)).sum())
        cost = found.cost[served]
        self.sums["cost"] += (int((cost >> 32).sum()) << 32) + int((cost & 0xFFFFFFFF).sum())
        for row, spent in found.huge.items():
            self.sums["cost"] += spent - int(found.cost[row])
        timed = latency[found.primary[served]]
        self.sums["latency"] += int(timed[timed >= 0].sum())
        self.sums["timed"] += int((timed >= 0).sum())

    def outcome(self, context: Context) -> tuple[Outcome, Facts | None]:
        """One request by itself."""
        bound = self.party.bound_for(context.tenant)
        try:
            facts = None if bound is None else bound.decide(context)
        except ContextError:
            facts = None
        if facts is None:
            return Outcome(UNJUDGED, (), 0), None
        primary = facts.primary
        if primary is None:
            return Outcome(f"({facts.refusal})", (), 0), facts
        return Outcome(primary, facts.fallbacks, facts.cost or 0), facts


@dataclass
class _Block:
    """One side's decisions on a block: refusals, costs, chains in shared places, rows whose cost is huge."""

    refusal: NDArray[np.int8]
    cost: NDArray[np.int64]
    chain: NDArray[np.int64]
    huge: list[int]

    def put(self, rows: NDArray[Any], found: Decisions, chain: NDArray[np.int64]) -> None:
        """Take in the decisions of some rows."""
        self.refusal[rows], self.cost[rows] = found.refusal, found.cost
        self.chain = _wide(self.chain, chain.shape[1])
        self.chain[rows, : chain.shape[1]] = chain
        self.huge += [int(rows[row]) for row in found.huge]


def _tables(bound: Bound, places: dict[str, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Shared place and expected latency (microseconds, -1: unknown) of each deployment of the fleet."""
    fleet = [deployment.id for deployment in bound.compiled.fleet.deployments]
    signals = bound.signals.deployments
    known = [signals[name].latency_p95_ms if name in signals else None for name in fleet]
    latency = np.array([-1 if ms is None else round(ms * 1000) for ms in known] or [-1], dtype=np.int64)
    return np.array([places.setdefault(name, len(places)) for name in fleet] + [-1], dtype=np.int64), latency


def _wide(chain: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    more = max(0, width - chain.shape[1])
    return np.pad(chain, ((0, 0), (0, more)), constant_values=-1) if more else chain


def differing(old: _Scale, new: _Scale, batch: Batch) -> list[int]:
    """The rows of a block on which the two sides decide differently."""
    a, b = old.block(batch), new.block(batch)
    width = max(a.chain.shape[1], b.chain.shape[1])
    differs = (a.refusal != b.refusal) | (a.cost != b.cost)
    differs |= (_wide(a.chain, width) != _wide(b.chain, width)).any(axis=1)
    differs[[*a.huge, *b.huge]] = True
    rows: list[int] = np.flatnonzero(differs).tolist()
    return rows


def traffic_impact(
    before: Party,
    after: Party,
    blocks: Iterable[Block],
    crowd: Crowd,
    *,
    seed: int,
    trace: str,
    progress: Callable[[int], None] | None = None,
) -> TrafficImpact:
    """Decide every row twice. Memory grows with the kinds of change, never with the rows."""
    places: dict[str, int] = {}
    old, new = _Scale(before, places), _Scale(after, places)
    counts: Counter[str] = Counter()
    moves: dict[tuple[str, str], list[int]] = {}
    movers: dict[tuple[str, str], set[str]] = {}
    regions: Counter[str] = Counter()
    tenants: Counter[str] = Counter()
    routes: Counter[str] = Counter()
    examples: dict[tuple[str, str], list[Example]] = {}
    pairs: dict[tuple[str, str | None, str | None], RoutePair] = {}
    for block in blocks:
        batch = batch_of(block, crowd.fill(block), seed)
        for row in differing(old, new, batch):
            context = batch.context(row)
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
            if facts is not None and new_facts is not None and facts.policy == new_facts.policy:
                pair = (facts.policy, facts.route, new_facts.route)
                known = pairs.get(pair)
                pairs[pair] = (
                    known.model_copy(update={"requests": known.requests + 1})
                    if known is not None
                    else RoutePair(policy=pair[0], before=pair[1], after=pair[2], requests=1, row=block.start + row,
                                   example=context)
                )  # fmt: skip
            found = examples.setdefault(key, [])
            if len(found) < PER_MOVE:
                found.append(Example(row=block.start + row, context=shown(context), before=brief(was, facts),
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
        pairs=tuple(pairs.values()),
        examples=tuple([example for k in ordered for example in examples[k]][:EXAMPLES]),
    )  # fmt: skip


def shown_by_traffic(proof: DecisionDifference, impact: TrafficImpact) -> DecisionDifference:
    """The comparison over all requests, with what the traffic shows for certain where no request was found before."""
    pairs = {(pair.policy, pair.before, pair.after): pair for pair in impact.pairs}
    changes = []
    for change in proof.changes:
        pair = pairs.get((change.policy, change.route_before, change.route_after))
        if pair is not None and not change.certain:
            said = f"{pair.requests:,} requests of the trace, the first in row {pair.row}"
            change = change.model_copy(update={"certain": True, "message": said, "example": pair.example})
        changes.append(change)
    return proof.model_copy(update={"changes": tuple(changes)})


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
