"""One lane for many requests: masks as 64-bit integers, scores as rows of arrays.

Arrays over candidates have the shape (candidates, rows): each candidate's row is contiguous, so that every step is a
pass over memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxctl.model.base import MODALITIES
from pxctl.policy.columns_rank import Ranker
from pxctl.policy.integers import UNBOUNDED, pico
from pxctl.policy.lane import Cap, Lane
from pxctl.policy.measured import STALE

MOST_BITS = 63
HUGE = 1 << 53
"""Costs below this (1e-12 USD) stay exact in 64-bit integers with a candidate's place beside them."""
_TOP = (1 << 62) - 1
_BASES = {"quote": 1, "file": 2, "ceiling": 3}
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class BlockRows:
    """The rows of a block that take one lane; `key` is each row's place in `seats`, which are treated alike."""

    rows: Array
    column: Callable[[str], Any]
    given: Array
    cached: Array
    output: Array
    request_key: Array
    key: Array
    seats: Sequence[Any]
    budget: Array


class LaneColumns:
    """A lane's tables as arrays."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.bits = len(lane.ids)
        self._prices = [lane.prices(name) for name in MODALITIES]
        self.most_input = max(p.most_input for p in self._prices)
        self.most_output = max(p.most_output for p in self._prices)
        if self.bits > MOST_BITS:
            return
        index = [d.index for d in lane.deployments]
        self._index = np.array([*index, -1], dtype=np.int32)
        self._stale = np.array([*(m.freshness == STALE for m in lane.measured), False], dtype=bool)
        self._place = {name: i for i, name in enumerate(lane.ids)}
        self._ranker = Ranker(lane)
        self._modalities = {name: i for i, name in enumerate(MODALITIES)}
        self._one_price = all(p is self._prices[0] for p in self._prices)
        self._rates = [self._table(p.rates) for p in self._prices]
        self._basis = np.array([[*(_BASES[b] for b in p.bases), 0] for p in self._prices], dtype=np.int8)
        self._settled: dict[int, tuple[Any, ...]] = {}

    def _table(self, rates: Sequence[Any]) -> Array:
        """Rates by place: shape (3, bits + 1), the last place for nobody."""
        rows = [[min(r[k], _TOP) for r in rates] + [0] for k in range(3)]
        return np.array(rows, dtype=np.int64)

    def too_large(self, given: Array, output: Array) -> Array:
        """The rows whose cost may leave what is computed here."""
        if not len(given) or int(given.max()) * self.most_input + int(output.max()) * self.most_output < HUGE:
            return np.zeros(len(given), dtype=bool)
        most = given.astype(np.float64) * float(self.most_input) + output.astype(np.float64) * float(self.most_output)
        return most >= float(HUGE // 2)

    def decide(self, block: BlockRows, out: dict[str, Any]) -> None:
        """Decide the rows and write what came out."""
        lane, rows = self.lane, block.rows
        modality = self._modality(block)
        mask = self._mask(block)
        costs = _Costs(self, block, modality)
        mask = self._within(block, mask, costs)
        unique, inverse = self._unique(mask)
        primary, count, chain, filled = self._outcomes(unique)
        first = primary[inverse]
        fallbacks = chain[inverse]
        if not lane.static and (count > 0).any():
            ranked = self._ranker.order(mask, unique, inverse, count, costs, block.request_key)
            kept = count[inverse] > 0
            first = np.where(kept, ranked[0], first)
            for i, places in enumerate(ranked[1:]):
                fallbacks[:, i] = np.where(filled[inverse, i], fallbacks[:, i], places)
        out["primary"][rows] = self._index[first]
        out["fallbacks"][rows, : fallbacks.shape[1]] = self._index[fallbacks]
        out["refusal"][rows] = np.where(first < 0, 3, 0)
        out["from_fallbacks"][rows] = first >= lane.count
        out["degraded"][rows] = self._stale[first]
        out["cost"][rows] = np.where(first < 0, -1, costs.of(first))
        out["basis"][rows] = self._basis[modality, first]

    def _modality(self, block: BlockRows) -> Any:
        """Each row's modality; 0 for all where prices do not depend on it."""
        if self._one_price:
            return 0
        coded = block.column("modality")
        return np.array([self._modalities[value] for value in coded.values])[coded.codes]

    def _mask(self, block: BlockRows) -> Array:
        lane, everybody = self.lane, np.uint64(self.lane.all)
        bases = [0 if s is None else lane.base.get(s.key, -1) for s in block.seats]
        bases = [lane.fill_base(s) if base == -1 else base for base, s in zip(bases, block.seats, strict=True)]
        mask: Array = np.array(bases, dtype=np.uint64)[block.key]
        for name, table in (
            ("modality", lane.modality.get),
            ("privacy", lambda level: lane.privacy.get(level, 0)),
            ("features", self._features),
            ("language", lambda tag: lane.language.get(tag, lane.any_language)),
            ("sla_ms", self._latency),
        ):
            coded = block.column(name)
            masks = np.array([table(value) for value in coded.values], dtype=np.uint64)
            if (masks != everybody).any():
                mask &= masks[coded.codes]
        mask = self._cap(mask, lane.total, block.given + block.output)
        return self._cap(mask, lane.output, block.output)

    def _features(self, names: Sequence[str]) -> int:
        mask = self.lane.all
        for name in names:
            mask &= self.lane.capability.get(name, 0)
        return mask

    def _latency(self, sla_ms: int | None) -> int:
        return self.lane.all if sla_ms is None else self.lane.latency(sla_ms * 1000)

    def _cap(self, mask: Array, cap: Cap, amounts: Array) -> Array:
        if not len(amounts) or int(amounts.max()) <= cap.least:
            return mask
        points = np.array([min(point, _TOP) for point in cap.points], dtype=np.int64)
        left: Array = mask & np.array(cap.masks, dtype=np.uint64)[np.searchsorted(points, amounts, side="left")]
        return left

    def _within(self, block: BlockRows, mask: Array, costs: _Costs) -> Array:
        bound = block.budget
        if self.lane.plan.max_cost < UNBOUNDED:
            bound = np.minimum(bound, min(self.lane.plan.max_cost, _TOP))
        coded = block.column("budget_usd")
        if any(value is not None for value in coded.values):
            given = np.array([_TOP if v is None else min(pico(v), _TOP) for v in coded.values], dtype=np.int64)
            bound = np.minimum(bound, given[coded.codes])
        most = block.given * min(self.most_input, _TOP) + block.output * min(self.most_output, _TOP)
        doubtful = np.flatnonzero(most > bound)
        if not len(doubtful):
            return mask
        left = mask[doubtful]
        for place in range(self.bits):
            above = costs.at(place)[doubtful] > bound[doubtful]
            left &= ~(above.astype(np.uint64) << np.uint64(place))
        mask = mask.copy()
        mask[doubtful] = left
        return mask

    def _unique(self, mask: Array) -> tuple[list[int], Array]:
        """The masks that occur, and each row's place among them."""
        first = mask[0]
        if (mask == first).all():
            return [int(first)], np.zeros(len(mask), dtype=np.intp)
        if self.bits <= 16:
            seen = np.zeros(1 << self.bits, dtype=bool)
            seen[mask] = True
            values = np.flatnonzero(seen)
            place = np.zeros(1 << self.bits, dtype=np.intp)
            place[values] = np.arange(len(values))
            return values.tolist(), place[mask]
        found, inverse = np.unique(mask, return_inverse=True)
        return found.tolist(), inverse.reshape(-1)

    def _outcomes(self, unique: Sequence[int]) -> tuple[Array, Array, Array, Array]:
        """By mask: primary, how many candidates are kept, fallbacks (places, -1: none), and which of them are final."""
        most = self.lane.plan.max_fallbacks
        rows = [self._settle(mask, most) for mask in unique]
        primary = np.array([row[0] for row in rows], dtype=np.int64)
        count = np.array([row[1] for row in rows], dtype=np.int64)
        chain = np.array([row[2] for row in rows], dtype=np.int64).reshape(len(rows), most)
        filled = np.array([row[3] for row in rows], dtype=bool).reshape(len(rows), most)
        return primary, count, chain, filled

    def _settle(self, mask: int, most: int) -> tuple[Any, ...]:
        found = self._settled.get(mask)
        if found is not None:
            return found
        if len(self._settled) > 1 << 16:
            self._settled.clear()
        lane = self.lane
        kept = len(lane.bits_of(mask & lane.candidates))
        if lane.static or not kept:
            first, names = lane.settle(mask)
            places, fixed = [self._place[name] for name in names], most
        else:
            first, fixed = -1, max(0, most - (kept - 1))
            rest = [self._place[name] for name in lane.rest(mask)][:fixed]
            places = [-1] * min(most, kept - 1) + rest
        places += [-1] * (most - len(places))
        found = self._settled[mask] = (first, kept, places, [False] * (most - fixed) + [True] * fixed)
        return found


class _Costs:
    """The rows' costs on each candidate, each computed once."""

    def __init__(self, columns: LaneColumns, block: BlockRows, modality: Any) -> None:
        self._columns, self._block, self._modality = columns, block, modality
        self._made: dict[int, Array] = {}
        self._plain = not block.cached.any()
        self._fresh = block.given if self._plain else block.given - block.cached

    def at(self, place: int) -> Array:
        """1e-12 USD on one candidate."""
        found = self._made.get(place)
        if found is None:
            found = self._made[place] = self._cost(place)
        return found

    def of(self, places: Array) -> Array:
        """1e-12 USD on each row's own place."""
        return self._cost(places)

    def _cost(self, place: Any) -> Array:
        rates = self._columns._rates
        if self._columns._one_price:
            table = rates[0]
            fresh, cached, output = table[0][place], table[1][place], table[2][place]
        else:
            stacked = np.stack(rates)
            fresh, cached, output = (stacked[self._modality, k, place] for k in range(3))
        cost: Array = self._fresh * fresh + self._block.output * output
        if not self._plain:
            cost += self._block.cached * cached
        return cost
