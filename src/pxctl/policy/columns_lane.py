"""One lane for many requests: masks as 64-bit integers, scores as rows of arrays.

Arrays over candidates have the shape (candidates, rows): each candidate's row is contiguous, so that every step is a
pass over memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pxctl.model.base import MODALITIES
from pxctl.policy.batch import Batch
from pxctl.policy.columns_kernel import Kernel
from pxctl.policy.columns_rank import Costs, Ranker
from pxctl.policy.columns_sets import Sets
from pxctl.policy.integers import pico
from pxctl.policy.lane import Cap, Lane
from pxctl.policy.measured import STALE

MOST_BITS = 63
HUGE = 1 << 53
"""Costs below this (1e-12 USD) stay exact in 64-bit integers with a candidate's place beside them."""
_TOP = (1 << 62) - 1
_BASES = {"quote": 1, "file": 2, "ceiling": 3}
Array = NDArray[Any]


class Seating(Protocol):
    """What is known by tenant code: the place in `seats`, treated alike, and the budget a request (1e-12 USD)."""

    key: Array
    seats: list[Any]
    budget: Array
    least_budget: int


class BlockRows:
    """The rows of a block that take one lane. What few lanes ask for is gathered when one does."""

    def __init__(
        self, batch: Batch, rows: Array, given: Array, output: Array, seating: Seating, any_cached: bool
    ) -> None:
        self.batch, self.rows, self.given, self.output, self.seating = batch, rows, given, output, seating
        self.any_cached = any_cached
        self.most_given, self.most_output = int(given.max()), int(output.max())

    def values(self, name: str) -> tuple[Any, ...]:
        """A column's distinct values."""
        return tuple(self.batch.column(name).values)

    def codes(self, name: str) -> Array:
        """Each row's place among a column's values."""
        return self.batch.column(name).codes[self.rows]

    @cached_property
    def tenant(self) -> Array:
        """Each row's tenant code."""
        return self.codes("tenant")

    @cached_property
    def cached(self) -> Array:
        """Each row's input tokens from the cache."""
        return self.batch.cached_input_tokens[self.rows]

    @property
    def request_key(self) -> Array:
        """Each row's request key."""
        return self.batch.request_key[self.rows]


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
        self._ranker = Ranker(lane)
        self._modalities = {name: i for i, name in enumerate(MODALITIES)}
        self._one_price = all(p is self._prices[0] for p in self._prices)
        self._rates = [self._table(p.rates) for p in self._prices]
        self._basis = np.array([[*(_BASES[b] for b in p.bases), 0] for p in self._prices], dtype=np.int8)
        self._stacked = np.stack(self._rates[:1] if self._one_price else self._rates)
        self._any_stale = bool(self._stale.any())
        self._sets = Sets(lane)
        self._made: dict[str, tuple[tuple[Any, ...], Array | None]] = {}

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

    def decide(self, block: BlockRows, out: dict[str, Any], kernel: Kernel | None) -> None:
        """Decide the rows and write what came out; `out` holds what an undecided row has."""
        lane, rows = self.lane, block.rows
        modality = self._modality(block)
        costs = Costs(self._stacked, block, modality)
        mask = self._within(block, self._mask(block), costs)
        sets, inverse = self._sets.of(mask)
        self._sets = sets
        first, chain = sets.first.take(inverse), sets.chain
        ranked: Sequence[Array] = ()
        if not lane.static and sets.count.any():
            ranked = self._ranker.order(mask, sets, inverse, costs, block, kernel)
            first = ranked[0] if sets.count.all() else np.where(ranked[0] < 0, first, ranked[0])
        out["primary"][rows] = self._index.take(first)
        for i, settled in enumerate(chain):
            if i + 1 >= len(ranked):
                places = settled.take(inverse)
            elif (settled < 0).all():
                places = ranked[i + 1]
            else:
                places = np.where(ranked[i + 1] < 0, settled.take(inverse), ranked[i + 1])
            out["fallbacks"][rows, i] = self._index.take(places)
        cost = costs.of(first)
        if ((sets.first < 0) & (sets.count == 0)).any():
            nobody = first < 0
            out["refusal"][rows[nobody]] = 3
            cost[nobody] = -1
        if (sets.first >= lane.count).any():
            out["from_fallbacks"][rows] = first >= lane.count
        if self._any_stale:
            out["degraded"][rows] = self._stale.take(first)
        out["cost"][rows] = cost
        out["basis"][rows] = self._basis[0 if modality is None else modality, first]

    def _modality(self, block: BlockRows) -> Array | None:
        """Each row's modality; None where prices do not depend on it."""
        if self._one_price:
            return None
        return np.array([self._modalities[value] for value in block.values("modality")])[block.codes("modality")]

    def _mask(self, block: BlockRows) -> Array:
        lane, everybody = self.lane, np.uint64(self.lane.all)
        bases = [0 if s is None else lane.base.get(s.key, -1) for s in block.seating.seats]
        bases = [lane.fill_base(s) if base == -1 else base for base, s in zip(bases, block.seating.seats, strict=True)]
        if all(base == bases[0] for base in bases):
            mask: Array = np.full(len(block.rows), bases[0], dtype=np.uint64)
        else:
            mask = np.array(bases, dtype=np.uint64)[block.seating.key].take(block.tenant)
        for name, table in (
            ("modality", lane.modality.get),
            ("privacy", lambda level: lane.privacy.get(level, 0)),
            ("features", self._features),
            ("language", lambda tag: lane.language.get(tag, lane.any_language)),
            ("sla_ms", self._latency),
        ):
            values = block.values(name)
            known = self._made.get(name)
            if known is None or (known[0] is not values and known[0] != values):
                masks = np.array([table(value) for value in values], dtype=np.uint64)
                known = self._made[name] = values, masks if (masks != everybody).any() else None
            if known[1] is not None:
                mask &= known[1].take(block.codes(name))
        if block.most_given + block.most_output > lane.total.least:
            mask &= self._cap(lane.total, block.given + block.output)
        if block.most_output > lane.output.least:
            mask &= self._cap(lane.output, block.output)
        return mask

    def _features(self, names: Sequence[str]) -> int:
        mask = self.lane.all
        for name in names:
            mask &= self.lane.capability.get(name, 0)
        return mask

    def _latency(self, sla_ms: int | None) -> int:
        return self.lane.all if sla_ms is None else self.lane.latency(sla_ms * 1000)

    @staticmethod
    def _cap(cap: Cap, amounts: Array) -> Array:
        points = np.array([min(point, _TOP) for point in cap.points], dtype=np.int64)
        return np.array(cap.masks, dtype=np.uint64)[np.searchsorted(points, amounts, side="left")]

    def _within(self, block: BlockRows, mask: Array, costs: Costs) -> Array:
        values = block.values("budget_usd")
        given = [_TOP if v is None else min(pico(v), _TOP) for v in values]
        plan = min(self.lane.plan.max_cost, _TOP)
        dearest = block.most_given * self.most_input + block.most_output * self.most_output
        if dearest <= min(plan, block.seating.least_budget, *given):
            return mask
        bound = np.minimum(block.seating.budget.take(block.tenant), plan)
        if any(value is not None for value in values):
            bound = np.minimum(bound, np.array(given, dtype=np.int64).take(block.codes("budget_usd")))
        most = block.given * min(self.most_input, _TOP) + block.output * min(self.most_output, _TOP)
        doubtful = np.flatnonzero(most > bound)
        if not len(doubtful):
            return mask
        left, most_paid = mask[doubtful], bound[doubtful]
        for place in range(self.bits):
            above = costs.of(place, doubtful) > most_paid
            left &= ~(above.astype(np.uint64) << np.uint64(place))
        mask = mask.copy()
        mask[doubtful] = left
        return mask
