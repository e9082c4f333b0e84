"""Ranks of many requests: each candidate's score as a row of numbers, packed with its place; the smallest comes first.

A key is freshness class, score and place. Rendezvous scores are below 2^44 and costs below 2^53 (larger ones are
decided one by one): 64-bit integers hold their keys. Weighted sums are below 2^43, so that doubles hold theirs exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pxctl.policy.columns_kernel import BALANCED, CHEAPEST, WEIGHTED, Kernel
from pxctl.policy.columns_sets import NOBODY, Sets, spread
from pxctl.policy.lane import Lane
from pxctl.policy.rank import SCALE, scale_of

Array = NDArray[Any]
CHUNK = 4096
"""Rows that are ranked at once, so that what is computed of them stays in the caches."""
_NO_TERMS, _NO_KEYS = np.zeros((0, 0)), np.zeros(0, dtype=np.uint64)
_PLACES, _CLASS_SHIFT, _SUM_CLASS_SHIFT = 64, 61, 50
_LAST = 1 << 50
"""What the score of a weight of 0 is here; it stays above every other one."""


class Tokens(Protocol):
    """What ranks read of a block's rows."""

    @property
    def given(self) -> Array: ...  # noqa: D102 - the class says it
    @property
    def cached(self) -> Array: ...  # noqa: D102 - the class says it

    any_cached: bool

    @property
    def output(self) -> Array: ...  # noqa: D102 - the class says it
    @property
    def request_key(self) -> Array: ...  # noqa: D102 - the class says it


class Costs:
    """The rows' costs on each candidate.

    `rates` has the shape (modalities, 3, places + 1), the last place for nobody; `modality` is each row's, or
    None where all have the only one.
    """

    def __init__(self, rates: Array, block: Tokens, modality: Array | None) -> None:
        self.rates, self.modality, self.output = rates, modality, block.output
        self._block, self._plain = block, not block.any_cached
        self.fresh = block.given if self._plain else block.given - block.cached

    @property
    def cached(self) -> Array:
        """Each row's input tokens from the cache."""
        return self._block.cached

    def of(self, places: Any, rows: Any = slice(None)) -> Array:
        """1e-12 USD of some rows, each on its own place or all on one."""
        rates, modality = self.rates, 0 if self.modality is None else self.modality[rows]
        cost: Array = self.fresh[rows] * rates[modality, 0, places]
        cost += self.output[rows] * rates[modality, 2, places]
        if not self._plain:
            cost += self.cached[rows] * rates[modality, 1, places]
        return cost

    def table(self, count: int, rows: slice, kind: type[Any]) -> Array:
        """1e-12 USD of some rows on each of the first `count` places, of the shape (places, rows)."""
        given, cached, output = self.rates[:, :, :count].astype(kind).transpose(1, 2, 0)  # (places, modalities)
        if self.modality is not None:
            given, cached, output = (rates.take(self.modality[rows], axis=1) for rates in (given, cached, output))
        cost: Array = given * self.fresh[rows].astype(kind)
        cost += output * self.output[rows].astype(kind)
        if not self._plain:
            cost += cached * self.cached[rows].astype(kind)
        return cost


class Ranker:
    """Orders the kept candidates of many rows on one lane."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        classes = np.array([m.freshness for m in lane.measured[: lane.count]], dtype=np.int64)[:, None]
        number = np.arange(lane.count)[:, None]
        self._classes = classes << _CLASS_SHIFT | number
        self._sum_classes = (classes << _SUM_CLASS_SHIFT | number).astype(np.float64)
        self._multipliers = np.array([d.multiplier for d in lane.deployments[: lane.count]], dtype=np.uint64)
        self._kind = {"weighted": WEIGHTED, "cheapest": CHEAPEST}.get(lane.plan.strategy, BALANCED)
        self._scales = np.zeros((0, 0), dtype=np.int64)
        if self._kind == WEIGHTED and lane.count:
            self._scales = np.stack([_scale(units) for units in lane.units])
            self._hashed_keys = (self._scales * _PLACES | self._classes).reshape(-1)
            self._starts = (number * self._scales.shape[1]).astype(np.uint64)

    def order(
        self, mask: Array, sets: Sets, inverse: Array, costs: Costs, block: Tokens, kernel: Kernel | None
    ) -> Sequence[Array]:
        """Places by rank: the first `1 + max_fallbacks` (fewer where fewer are kept), -1 for none."""
        places = np.empty((min(1 + self._lane.plan.max_fallbacks, int(sets.count.max())), len(mask)), dtype=np.int64)
        if kernel is not None:
            self._compiled(mask, sets, inverse, costs, block, places, kernel)
            return list(places)
        sure = int(sets.count.min()) >= len(places)
        for start in range(0, len(mask), CHUNK):
            rows = slice(start, min(start + CHUNK, len(mask)))
            if self._kind == WEIGHTED:
                keys = self._hashed(block.request_key[rows], sets, inverse[rows])
            elif self._kind == CHEAPEST:
                keys = self._cheapest(costs, rows, sets, inverse[rows])
            else:
                keys = self._sums(costs, rows, sets, inverse[rows])
            _best(keys, places[:, rows], sure)
        return list(places)

    def _compiled(
        self, mask: Array, sets: Sets, inverse: Array, costs: Costs, block: Tokens, places: Array, kernel: Kernel
    ) -> None:
        weights = self._lane.plan.weights
        terms = (_NO_TERMS, _NO_TERMS) if self._kind != BALANCED else sets.terms
        modality = np.zeros(len(mask), dtype=np.int64) if costs.modality is None else costs.modality
        kernel(
            self._kind, mask.view(np.int64), self._classes.reshape(-1),
            block.request_key if self._kind == WEIGHTED else _NO_KEYS, self._multipliers, self._scales,
            costs.fresh, costs.cached, costs.output, modality, costs.rates, inverse,
            *terms, weights.cost if weights else 0.0, places,
        )  # fmt: skip

    def _hashed(self, key: Array, sets: Sets, inverse: Array) -> Array:
        hashed = (key ^ (key >> np.uint64(32))) * self._multipliers[:, None]
        hashed >>= np.uint64(52)
        hashed += self._starts
        keys: Array = self._hashed_keys.take(hashed.view(np.int64), mode="clip")  # no index is outside
        if (barred := sets.barred) is not None:
            keys |= spread(barred, inverse)
        return keys

    def _cheapest(self, costs: Costs, rows: slice, sets: Sets, inverse: Array) -> Array:
        keys = costs.table(self._lane.count, rows, np.int64)
        keys *= _PLACES
        keys |= self._classes
        if (barred := sets.barred) is not None:
            keys |= spread(barred, inverse)
        return keys

    def _sums(self, costs: Costs, rows: slice, sets: Sets, inverse: Array) -> Array:
        """`floor(((health + cost) + latency) * 2^30)`; what only the set of the kept decides comes from tables."""
        weights = self._lane.plan.weights
        keys = costs.table(self._lane.count, rows, np.float64)
        if (barred := sets.barred_sums) is not None:
            keys += spread(barred, inverse)
        low = np.fmin.reduce(keys, axis=0)
        span = np.fmax.reduce(keys, axis=0) - low
        span[~(span > 0)] = np.inf
        keys -= low
        keys /= span
        keys *= (weights.cost if weights else 0.0) * SCALE
        for term in sets.scaled_terms:
            keys += spread(term, inverse)
        np.floor(keys, out=keys)
        keys *= _PLACES
        keys += self._sum_classes
        return keys


def _best(keys: Array, places: Array, sure: bool) -> None:
    """Write the places of the smallest keys, one rank a row, -1 behind the last; `keys` is used up.

    `sure` says that there are always as many.
    """
    nobody = NOBODY if keys.dtype.kind == "i" else np.inf
    flat, columns = keys.reshape(-1), np.arange(keys.shape[1])
    for rank, row in enumerate(places):
        best = np.fmin.reduce(keys, axis=0, initial=nobody)
        none = None if sure else best == nobody
        if none is not None:
            best[none] = 0
        np.bitwise_and(best.astype(np.int64, copy=False), _PLACES - 1, out=row)
        if rank + 1 < len(places):
            flat[row * len(row) + columns] = nobody
        if none is not None:
            row[none] = -1


@lru_cache(maxsize=256)
def _scale(units: int) -> Array:
    return np.array([min(score, _LAST) for score in scale_of(units)], dtype=np.int64)
