"""Ranks of many requests: each candidate's score as a row of integers, packed with its place; the smallest comes first.

Scores fit: rendezvous scores are below 2^44, costs below 2^54 (larger ones are decided one by one), weighted sums below
2^43. A key is freshness class, score and place in 2 + 55 + 6 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pxctl.policy.integers import LAST
from pxctl.policy.lane import Lane
from pxctl.policy.rank import SCALE, scale_of

Array = NDArray[Any]
_NOBODY = np.int64((1 << 63) - 1)
_PLACE_BITS, _CLASS_SHIFT = np.int64(6), 61
_LAST = 1 << 50
"""What the score of a weight of 0 is here; it stays above every other one."""


class Costs(Protocol):
    """Costs by candidate."""

    def at(self, place: int) -> Array:
        """1e-12 USD of every row on one candidate."""
        ...


class Ranker:
    """Orders the kept candidates of many rows on one lane."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._classes = [(m.freshness << _CLASS_SHIFT) | i for i, m in enumerate(lane.measured[: lane.count])]
        if lane.plan.strategy == "weighted":
            self._multipliers = [np.uint64(d.multiplier) for d in lane.deployments[: lane.count]]
            self._scales = [_scale(units) for units in lane.units]

    def order(
        self, mask: Array, unique: Sequence[int], inverse: Array, count: Array, costs: Costs, key: Array
    ) -> list[Array]:
        """Places by rank: the first `1 + max_fallbacks` (fewer where fewer are kept), -1 for none."""
        lane = self._lane
        if lane.plan.strategy == "weighted":
            scores = self._weighted(key)
        elif lane.plan.strategy == "cheapest":
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
        wanted = min(1 + lane.plan.max_fallbacks, int(count.max()))
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
        health = np.zeros((lane.count, len(unique)))
        latency = np.zeros((lane.count, len(unique)))
        for u, value in enumerate(unique):
            kept = value & lane.candidates
            places, *made = lane.terms.get(kept) or lane.fill_terms(kept)
            health[places, u], latency[places, u] = made
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
                        (health[i][inverse] + weight * ((costs.at(i) - low).astype(np.float64) / span))
                        + latency[i][inverse]
                    )
                    * SCALE
                ).astype(np.int64)
                for i in range(lane.count)
            ]


def _scale(units: int) -> Array:
    return np.array([min(score, _LAST) for score in scale_of(units)], dtype=np.int64)
