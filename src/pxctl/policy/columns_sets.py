"""The sets of deployments that passed, in many rows: few differ, so what a set alone settles is worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxctl.policy.lane import Lane
from pxctl.policy.rank import SCALE

Array = NDArray[Any]
_SLOTS, _SLOT_SHIFT, _SPREAD = 4096, np.uint64(52), np.uint64(0x9E3779B97F4A7C15)
_FREE = np.uint64(1 << 63)
"""What no set is: lanes with more than 63 deployments are decided one by one."""
NOBODY = np.int64((1 << 63) - 1)
"""A key behind every other one."""


class Sets:
    """Distinct sets, and for some of them a hash table without collisions: `held` by slot, `number` its place."""

    def __init__(self, lane: Lane, masks: Sequence[int] = (), held: Array | None = None) -> None:
        self.lane = lane
        self.masks = masks
        self._held = held
        self._number = np.zeros(_SLOTS, dtype=np.int64)
        if held is not None:
            self._number[held != _FREE] = np.arange(len(masks))

    def of(self, masks: Array) -> tuple[Sets, Array]:
        """The sets of some rows, these where they suffice, and each row's place among them."""
        slots = (masks * _SPREAD) >> _SLOT_SHIFT
        if self._held is not None and (self._held.take(slots) == masks).all():
            return self, self._number.take(slots)
        held = np.full(_SLOTS, _FREE) if self._held is None else self._held.copy()
        held[slots] = masks
        if (held.take(slots) == masks).all():  # no two of them fell into one slot
            made = Sets(self.lane, held[held != _FREE].tolist(), held)
            return made, made._number.take(slots)
        found, inverse = np.unique(masks, return_inverse=True)
        return Sets(self.lane, found.tolist()), inverse.reshape(-1).astype(np.int64, copy=False)

    @cached_property
    def kept(self) -> Array:
        """Whether each candidate is kept, of the shape (candidates, sets)."""
        places = np.arange(self.lane.count, dtype=np.uint64)[:, None]
        return (np.array(self.masks, dtype=np.uint64) >> places & np.uint64(1)).astype(bool)

    @cached_property
    def count(self) -> Array:
        """How many candidates are kept."""
        count: Array = self.kept.sum(axis=0)
        return count

    @cached_property
    def first(self) -> Array:
        """The primary's place; -1 where nobody passed, or where a request's own rank decides."""
        return np.array([first for first, _ in self._settled], dtype=np.int64)

    @cached_property
    def chain(self) -> Array:
        """The fallbacks' places, of the shape (fallbacks, sets); -1 behind the last, or where a rank decides."""
        return np.array([chain for _, chain in self._settled], dtype=np.int64).T

    @cached_property
    def _settled(self) -> list[tuple[int, list[int]]]:
        return [self._settle(mask) for mask in self.masks]

    def _settle(self, mask: int) -> tuple[int, list[int]]:
        lane, most = self.lane, self.lane.plan.max_fallbacks
        kept = (mask & lane.candidates).bit_count()
        if lane.static or not kept:
            first, names = lane.settle(mask)
            places = [lane.ids.index(name) for name in names]
        else:
            first, ranked = -1, min(most, kept - 1)
            places = [-1] * ranked + [lane.ids.index(name) for name in lane.rest(mask)][: most - ranked]
        return first, places + [-1] * (most - len(places))

    @cached_property
    def terms(self) -> tuple[Array, Array]:
        """The weighted terms of health and latency, of the shape (sets, candidates)."""
        lane = self.lane
        health, latency = np.zeros((2, len(self.masks), lane.count))
        for number, mask in enumerate(self.masks):
            kept = mask & lane.candidates
            places, *made = lane.terms.get(kept) or lane.fill_terms(kept)
            health[number, places], latency[number, places] = made
        return health, latency

    @cached_property
    def scaled_terms(self) -> tuple[Array, Array]:
        """The terms times 2^30, which is exact, of the shape (candidates, sets)."""
        health, latency = self.terms
        return np.ascontiguousarray(health.T * SCALE), np.ascontiguousarray(latency.T * SCALE)

    @cached_property
    def barred(self) -> Array | None:
        """`NOBODY` for each candidate that is not kept, 0 for the others, by set; None where all are kept."""
        return None if self.kept.all() else np.where(self.kept, 0, NOBODY)

    @cached_property
    def barred_sums(self) -> Array | None:
        """The same for doubles: no number for each candidate that is not kept."""
        return None if self.kept.all() else np.where(self.kept, 0.0, np.nan)


def spread(table: Array, sets: Array) -> Array:
    """The columns of a table that belong to some rows' sets."""
    return table if table.shape[1] == 1 else table.take(sets, axis=1, mode="clip")
