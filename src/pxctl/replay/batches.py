"""Blocks as the policy engine's batches, and sums over groups of rows that never leave the integers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxctl.core.digest import key64
from pxctl.policy.batch import Batch
from pxctl.replay.draws import request_keys
from pxctl.replay.population import Column
from pxctl.replay.rows import Block

_PART = np.int64((1 << 20) - 1)
_TABLE = 1 << 22


def batch_of(block: Block, columns: Mapping[str, Column], seed: int) -> Batch:
    """A block with its filled columns. Rows with a trace id have its key, the others that of seed and row."""
    keys = request_keys(seed, block.rows())
    trace_ids = block.given.get("trace_id")
    if trace_ids is not None:
        for row, trace_id in enumerate(trace_ids):
            if trace_id:
                keys[row] = key64(trace_id)
    return Batch(columns, block.input_tokens, block.cached_input_tokens, block.output_tokens, keys, trace_ids)


class Groups:
    """Rows grouped by equal keys, by tables rather than by sorting; `first` holds the first row of each group."""

    def __init__(self, *keys: NDArray[Any]) -> None:
        place, size = np.zeros(len(keys[0]), dtype=np.int64), 1
        for key in keys:
            low = int(key.min(initial=0))
            span = int(key.max(initial=0)) - low + 1
            place, size = _dense(place * span + (key.astype(np.int64) - low), size * span)
        self._place, self._size = place, size if len(place) else 0
        self.first = np.zeros(self._size, dtype=np.intp)
        self.first[place[::-1]] = np.arange(len(place))[::-1]

    def __len__(self) -> int:
        return self._size

    def counts(self) -> list[int]:
        """How many rows each group has."""
        found: list[int] = np.bincount(self._place, minlength=self._size).tolist()
        return found

    def sums(self, values: NDArray[Any]) -> list[int]:
        """The sum of each group, exact also where it is above 64 bits. Values are 0 and above.

        Values are added in parts of 20 bits, so that the doubles of `bincount` stay below 2^53.
        """
        total = [0] * self._size
        whole = values.astype(np.int64)
        for shift in range(0, max(int(whole.max(initial=0)).bit_length(), 1), 20):
            part = (whole >> shift) & _PART
            found = np.bincount(self._place, weights=part, minlength=self._size).astype(np.int64).tolist()
            total = [t + (f << shift) for t, f in zip(total, found, strict=True)]
        return total


def _dense(keys: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], int]:
    """Keys in `[0, size)` renumbered without gaps, in their order; and how many there are."""
    if size > _TABLE:
        known, place = np.unique(keys, return_inverse=True)
        return place.astype(np.int64), len(known)
    present = np.zeros(size, dtype=bool)
    present[keys] = True
    numbers = np.cumsum(present) - 1
    return numbers[keys], int(numbers[-1]) + 1
