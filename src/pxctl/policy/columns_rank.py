"""Ranks of many requests: each candidate's score as a row of integers, packed with its place; the smallest comes first.

Scores fit: rendezvous scores are below 2^44, costs below 2^54 (larger ones are decided one by one), weighted sums below
2^43. A key is freshness class, score and place in 2 + 55 + 6 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pxctl.policy.columns_kernel import BALANCED, CHEAPEST, WEIGHTED, Kernel
from pxctl.policy.integers import LAST
from pxctl.policy.lane import Lane
from pxctl.policy.rank import SCALE, scale_of

Array = NDArray[Any]
_NOBODY = np.int64((1 << 63) - 1)
_NO_TERMS, _NO_KEYS = np.zeros((0, 0)), np.zeros(0, dtype=np.uint64)
_PLACE_BITS, _CLASS_SHIFT = np.int64(6), 61
_LAST = 1 << 50
"""What the score of a weight of 0 is here; it stays above every other one."""


class Tokens(Protocol):
    """What ranks read of a block's rows."""

    @property
    def given(self) -> Array: ...  # noqa: D102 - the class says it
    @property
    def cached(self) -> Array: ...  # noqa: D102 - the class says it
    @property
    def output(self) -> Array: ...  # noqa: D102 - the class says it
    @property
    def request_key(self) -> Array: ...  # noqa: D102 - the class says it


class Costs:
    """The rows' costs on each candidate, each computed once.

    `rates` has the shape (modalities, 3, places + 1), the last place for nobody; `modality` is each row's, or
    0 for all.
    """

    def __init__(self, rates: Array, block: Tokens, modality: Any) -> None:
        self.rates, self.modality, self.output = rates, modality, block.output
        self._made: dict[int, Array] = {}
        self.cached = block.cached
        self._plain = not self.cached.any()
        self.fresh = block.given if self._plain else block.given - self.cached

    def at(self, place: int) -> Array:
        """1e-12 USD of every row on one candidate."""
        found = self._made.get(place)
        if found is None:
            found = self._made[place] = self.of(place)
        return found

    def of(self, places: Any) -> Array:
        """1e-12 USD on each row's own place."""
        rates, modality = self.rates, self.modality
        cost: Array = self.fresh * rates[modality, 0, places]
        cost += self.output * rates[modality, 2, places]
        if not self._plain:
            cost += self.cached * rates[modality, 1, places]
        return cost


class Ranker:
    """Orders the kept candidates of many rows on one lane."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._classes = [(m.freshness << _CLASS_SHIFT) | i for i, m in enumerate(lane.measured[: lane.count])]
        self._multipliers = np.array([d.multiplier for d in lane.deployments[: lane.count]], dtype=np.uint64)
        self._kind = {"weighted": WEIGHTED, "cheapest": CHEAPEST}.get(lane.plan.strategy, BALANCED)
        self._scales = np.zeros((0, 0), dtype=np.int64)
        if self._kind == WEIGHTED:
            self._scales = np.array([_scale(units) for units in lane.units])

    def order(
        self, mask: Array, unique: Sequence[int], inverse: Array, count: Array, costs: Costs, block: Tokens,
        kernel: Kernel | None,
    ) -> Sequence[Array]:  # fmt: skip
        """Places by rank: the first `1 + max_fallbacks` (fewer where fewer are kept), -1 for none."""
        lane = self._lane
        wanted = min(1 + lane.plan.max_fallbacks, int(count.max()))
        if kernel is not None:
            return list(self._compiled(mask, unique, inverse, costs, block, wanted, kernel))
        if self._kind == WEIGHTED:
            scores = self._weighted(block.request_key)
        elif self._kind == CHEAPEST:
            scores = [costs.at(i) for i in range(lane.count)]
        else:
            scores = self._sums(mask, unique, inverse, costs)
        keys = np.empty((lane.count, len(mask)), dtype=np.int64)
        for i in range(lane.count):
            row = keys[i]
            np.left_shift(scores[i], _PLACE_BITS, out=row)
            row |= np.int64(self._classes[i])
            if not all(m >> i & 1 for m in unique):
                row[mask & np.uint64(1 << i) == 0] = _NOBODY
        places: list[Array] = []
        columns = np.arange(len(mask))
        for i in range(wanted):
            best = keys.min(axis=0)
            place = best & np.int64(63)
            found = np.where(best == _NOBODY, -1, place)
            places.append(found)
            if i + 1 < wanted:
                keys[np.where(found < 0, 0, found), columns] = _NOBODY
        return places

    def _compiled(
        self, mask: Array, unique: Sequence[int], inverse: Array, costs: Costs, block: Tokens, wanted: int,
        kernel: Kernel,
    ) -> Array:  # fmt: skip
        weights = self._lane.plan.weights
        terms = (_NO_TERMS, _NO_TERMS) if self._kind != BALANCED else self._terms(unique)
        modality = np.empty(len(mask), dtype=np.int64)
        modality[:] = costs.modality
        places = np.empty((wanted, len(mask)), dtype=np.int64)
        kernel(
            self._kind, mask.view(np.int64), np.array(self._classes, dtype=np.int64),
            block.request_key if self._kind == WEIGHTED else _NO_KEYS, self._multipliers, self._scales,
            costs.fresh, costs.cached, costs.output, modality, costs.rates, inverse,
            *terms, weights.cost if weights else 0.0, places,
        )  # fmt: skip
        return places

    def _terms(self, unique: Sequence[int]) -> tuple[Array, Array]:
        """The weighted terms of health and latency, of shape (sets of the kept, candidates)."""
        lane = self._lane
        health, latency = np.zeros((2, len(unique), lane.count))
        for u, value in enumerate(unique):
            kept = value & lane.candidates
            places, *made = lane.terms.get(kept) or lane.fill_terms(kept)
            health[u, places], latency[u, places] = made
        return health, latency

    def _weighted(self, key: Array) -> list[Array]:
        mixed = key ^ (key >> np.uint64(32))
        return [
            scale[(mixed * multiplier) >> np.uint64(52)]
            for scale, multiplier in zip(self._scales, self._multipliers, strict=True)
        ]

    def _sums(self, mask: Array, unique: Sequence[int], inverse: Array, costs: Costs) -> list[Array]:
        """`floor(((health + cost) + latency) * 2^30)`; what only the set of the kept decides comes from tables."""
        lane = self._lane
        weight = lane.plan.weights.cost if lane.plan.weights else 0.0
        health, latency = self._terms(unique)
        low = np.full(len(mask), LAST, dtype=np.int64)
        high = np.full(len(mask), -1, dtype=np.int64)
        for i in range(lane.count):
            cost = costs.at(i)
            if all(m >> i & 1 for m in unique):
                np.minimum(low, cost, out=low)
                np.maximum(high, cost, out=high)
            else:
                kept = mask & np.uint64(1 << i) != 0
                np.minimum(low, cost, out=low, where=kept)
                np.maximum(high, cost, out=high, where=kept)
        span = (high - low).astype(np.float64)
        span[span <= 0] = np.inf
        with np.errstate(invalid="ignore"):  # an excluded candidate may lie far outside; its score is not read
            return [
                np.floor(
                    (
                        (health[:, i].take(inverse) + weight * ((costs.at(i) - low).astype(np.float64) / span))
                        + latency[:, i].take(inverse)
                    )
                    * SCALE
                ).astype(np.int64)
                for i in range(lane.count)
            ]


def _scale(units: int) -> Array:
    return np.array([min(score, _LAST) for score in scale_of(units)], dtype=np.int64)
