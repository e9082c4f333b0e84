"""A histogram of integers in buckets of at most 1/16 relative width: quantiles that merge without rounding."""

from __future__ import annotations

from collections import Counter

STEPS = 16


def bucket_of(value: int) -> int:
    """The bucket of a count of microseconds, 0 and above."""
    if value < STEPS:
        return value
    shift = value.bit_length() - 5
    return (shift + 1) * STEPS + (value >> shift) - STEPS


def upper_end(bucket: int) -> int:
    """The largest value in a bucket."""
    if bucket < STEPS:
        return bucket
    shift = bucket // STEPS - 1
    return ((bucket % STEPS + STEPS + 1) << shift) - 1


class Histogram:
    """Counts by bucket."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()

    def add(self, value: int) -> None:
        """Count one value."""
        self.counts[bucket_of(value)] += 1

    def quantile(self, share: float) -> int:
        """The upper end of the bucket in which the quantile lies; 0 without values."""
        total = sum(self.counts.values())
        left = share * total
        for bucket, count in sorted(self.counts.items()):
            left -= count
            if left <= 0:
                return upper_end(bucket)
        return 0
