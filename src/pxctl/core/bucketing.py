"""Sticky bucketing: flagd's fractional v2.

MurmurHash3 x86 32-bit (Austin Appleby, public domain algorithm) over `seed + key`, scaled to a total weight by
`(hash * total) >> 32`. With the total fixed at 10,000 and the new arm first, a growing percentage never moves anybody
back. The name below is written into every release that used it.
"""

from __future__ import annotations

ALGORITHM = "flagd-fractional-v2"
TOTAL = 10_000

_MASK = 0xFFFFFFFF


def murmur3_32(data: bytes, seed: int = 0) -> int:
    """MurmurHash3 x86 32-bit of `data`."""
    h = seed
    n = len(data) & ~3
    for i in range(0, n, 4):
        k = int.from_bytes(data[i : i + 4], "little")
        k = (k * 0xCC9E2D51) & _MASK
        k = ((k << 15) | (k >> 17)) & _MASK
        h ^= (k * 0x1B873593) & _MASK
        h = ((h << 13) | (h >> 19)) & _MASK
        h = (h * 5 + 0xE6546B64) & _MASK
    tail = data[n:]
    if tail:
        k = (int.from_bytes(tail, "little") * 0xCC9E2D51) & _MASK
        k = ((k << 15) | (k >> 17)) & _MASK
        h ^= (k * 0x1B873593) & _MASK
    h ^= len(data)
    h ^= h >> 16
    h = (h * 0x85EBCA6B) & _MASK
    h ^= h >> 13
    h = (h * 0xC2B2AE35) & _MASK
    return h ^ (h >> 16)


def bucket(seed: str, key: str, total: int = TOTAL) -> int:
    """The bucket of `key` in `[0, total)` under `seed`, as flagd's fractional v2 computes it."""
    return (murmur3_32((seed + key).encode()) * total) >> 32
