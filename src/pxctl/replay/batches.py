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

_LOW = np.int64((1 << 32) - 1)


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
    """Rows grouped by equal keys; `first` holds one row of each group."""

    def __init__(self, *keys: NDArray[Any]) -> None:
        packed = np.zeros(len(keys[0]), dtype=np.int64)
        for key in keys:
            low = int(key.min(initial=0))
            packed = packed * (int(key.max(initial=0)) - low + 1) + (key.astype(np.int64) - low)
        self._order = np.argsort(packed, kind="stable")
        ordered = packed[self._order]
        differs = np.ones(len(packed), dtype=bool)
        differs[1:] = ordered[1:] != ordered[:-1]
        self._starts = np.flatnonzero(differs)
        self.first = self._order[self._starts]

    def __len__(self) -> int:
        return len(self._starts)

    def counts(self) -> list[int]:
        """How many rows each group has."""
        ends: list[int] = np.diff(np.append(self._starts, len(self._order))).tolist()
        return ends

    def sums(self, values: NDArray[Any]) -> list[int]:
        """The sum of each group, exact also where it is above 64 bits. Values are 0 and above."""
        if not len(self):
            return []
        ordered = values[self._order].astype(np.int64)
        high = np.add.reduceat(ordered >> 32, self._starts).tolist()
        low = np.add.reduceat(ordered & _LOW, self._starts).tolist()
        return [(h << 32) + x for h, x in zip(high, low, strict=True)]
