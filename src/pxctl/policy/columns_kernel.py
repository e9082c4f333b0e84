"""Ranks of many requests, compiled: what `columns_rank` does in NumPy, a few rows at a time and to the same bits.

Needs the extra `fast` (numba). Loading takes about half a second (several where nothing is cached yet), so
`decide_many` only loads it once there are many rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib.util import find_spec
from typing import Any

import numpy as np

WEIGHTED, CHEAPEST, BALANCED = range(3)
NOBODY = (1 << 63) - 1
SCALE = float(1 << 30)
LAST = 1 << 62
COMPILED_FROM = 1 << 20
"""From so many rows under one bound configuration on, loading the compiled kernel (extra `fast`) pays."""
CHUNK = 256
"""Rows whose costs and keys fit the nearest caches."""
Kernel = Callable[..., None]
_SIGNATURE = (
    "void(int64, int64[::1], int64[::1], uint64[::1], uint64[::1], int64[:, ::1], int64[::1], int64[::1], int64[::1],"
    " int64[::1], int64[:, :, ::1], int64[::1], float64[:, ::1], float64[:, ::1], float64, int64[:, ::1])"
)


def available() -> bool:
    """Whether numba is installed; does not import it."""
    return find_spec("numba") is not None


@cache
def load() -> Kernel:
    """The compiled `order`; ImportError without numba. Machine code is kept beside this file where it can be."""
    import numba

    # No fastmath: sums must be rounded as NumPy rounds them. Dividing by an infinite span is meant.
    njit: Any = partial(numba.njit, _SIGNATURE, error_model="numpy", nogil=True)
    try:
        made: Kernel = njit(cache=True)(order)
    except RuntimeError:  # no folder to keep it in
        made = njit()(order)
    return made


def order(
    kind: int, mask: Any, classes: Any, key: Any, multipliers: Any, scales: Any, fresh: Any, cached: Any, output: Any,
    modality: Any, rates: Any, inverse: Any, health: Any, latency: Any, weight: float, places: Any,
) -> None:  # fmt: skip
    """Write each row's best places into `places` (wanted, rows), -1 behind the last.

    `classes` holds a candidate's freshness class and place, `rates` (modalities, 3, places) 1e-12 USD, `scales`
    (candidates, 4096) the scores by hash; `health` and `latency` (sets, candidates) are the weighted terms by set of
    the kept, of which `inverse` is each row's. What a kind does not use may be empty. Any integers must stay int64 or
    uint64: numba makes a double of a mix.
    """
    count, wanted = len(classes), len(places)
    costs = np.empty((count, CHUNK), dtype=np.int64)
    low, high = np.empty(CHUNK, dtype=np.int64), np.empty(CHUNK, dtype=np.int64)
    span, keys = np.empty(CHUNK, dtype=np.float64), np.empty(CHUNK, dtype=np.int64)
    for start in range(0, len(mask), CHUNK):
        end = min(start + CHUNK, len(mask))
        size, kept, best = end - start, mask[start:end], places[:, start:end]
        best[:] = NOBODY
        if kind != WEIGHTED:
            low[:], high[:] = LAST, -1
            new, old, out, at = fresh[start:end], cached[start:end], output[start:end], modality[start:end]
            for i in range(count):
                cost = costs[i]
                if len(rates) == 1:
                    a, b, c = rates[0, 0, i], rates[0, 1, i], rates[0, 2, i]
                    for r in range(size):
                        cost[r] = new[r] * a + old[r] * b + out[r] * c
                else:
                    for r in range(size):
                        rate = rates[at[r]]
                        cost[r] = new[r] * rate[0, i] + old[r] * rate[1, i] + out[r] * rate[2, i]
                if kind == BALANCED:
                    for r in range(size):
                        passes = kept[r] >> i & 1 == 1
                        low[r] = min(low[r], cost[r] if passes else LAST)
                        high[r] = max(high[r], cost[r] if passes else -1)
            for r in range(size):
                width = float(high[r] - low[r])
                span[r] = width if width > 0 else np.inf
        for i in range(count):
            own = classes[i]
            if kind == WEIGHTED:
                scale, multiplier, bits = scales[i], multipliers[i], key[start:end]
                for r in range(size):
                    mixed = bits[r] ^ (bits[r] >> np.uint64(32))
                    keys[r] = scale[(mixed * multiplier) >> np.uint64(52)]
            elif kind == CHEAPEST:
                keys[:] = costs[i]
            else:
                cost, sets = costs[i], inverse[start:end]
                for r in range(size):
                    terms = health[sets[r], i] + weight * (float(cost[r] - low[r]) / span[r])
                    keys[r] = np.int64(np.floor((terms + latency[sets[r], i]) * SCALE))
            for r in range(size):
                keys[r] = keys[r] << 6 | own if kept[r] >> i & 1 == 1 else NOBODY
            for rank in range(wanted):  # each key sinks to its rank; no branch depends on a row
                top = best[rank]
                for r in range(size):
                    first, second = min(top[r], keys[r]), max(top[r], keys[r])
                    top[r], keys[r] = first, second
        for rank in range(wanted):
            for r in range(size):
                best[rank, r] = -1 if best[rank, r] == NOBODY else best[rank, r] & 63
