"""Seeded draws without a generator's state: a draw is a function of (stream, row), so that blocks and workers agree.

`splitmix64` is Steele, Lea and Flood's finaliser (2014), as docs/semantics.md writes it, over NumPy's wrapping uint64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pxctl.core.digest import key64

GOLDEN = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1

U64 = NDArray[np.uint64]


def splitmix64(x: U64) -> U64:
    """The finaliser, element by element, modulo 2^64."""
    z = x + np.uint64(GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def request_keys(seed: int, rows: U64) -> U64:
    """The request keys of rows without a trace id: `splitmix64(seed * GOLDEN + row)`."""
    return splitmix64(np.uint64(seed * GOLDEN & _MASK) + rows)


def stream(seed: int, name: str) -> int:
    """The start of a named stream of draws."""
    return (key64(name) ^ seed * GOLDEN) & _MASK


def draws(start: int, rows: U64) -> U64:
    """One 32-bit draw (in uint64) a row of the stream that `stream` named."""
    return splitmix64(rows * np.uint64(GOLDEN) + np.uint64(start)) >> np.uint64(32)


def cuts(weights: list[float]) -> U64:
    """Upper ends, in 2^32, of the shares that the weights take; for `pick`."""
    total = sum(weights)
    upto, ends = 0.0, []
    for weight in weights:
        upto += weight
        ends.append(min(int(upto / total * 2**32), 2**32))
    ends[-1] = 2**32
    return np.array(ends, dtype=np.uint64)


def pick(ends: U64, drawn: U64) -> NDArray[np.intp]:
    """Which share each draw falls into."""
    return np.searchsorted(ends, drawn, side="right")
