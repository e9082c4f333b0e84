"""What a request would cost on each deployment of a lane, all at once.

One multiplication by a number that packs every deployment's rate into a slot of 64 bits gives every cost; requests so
dear that a slot could overflow are computed one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

from pxctl.policy.integers import Rate

_SLOT = 64


def _pack(values: Sequence[int]) -> int:
    packed = 0
    for i, value in enumerate(values):
        packed |= value << (_SLOT * i)
    return packed


class Prices:
    """Rates and their bases by bit. `most_input` and `most_output` bound every deployment's rate."""

    def __init__(self, rates: Sequence[Rate], bases: Sequence[str]) -> None:
        self.rates = tuple(rates)
        self.bases = tuple(bases)
        self.most_input = max((max(r.input, r.cached) for r in rates), default=0)
        self.most_output = max((r.output for r in rates), default=0)
        fits = max(self.most_input, self.most_output) < 1 << _SLOT
        self._slot_max = (1 << _SLOT) - 1 if fits else -1
        self._input = _pack([r.input for r in rates]) if fits else 0
        self._cached = _pack([r.cached for r in rates]) if fits else 0
        self._output = _pack([r.output for r in rates]) if fits else 0
        self._bytes = len(rates) * (_SLOT // 8)
        self._unpack = Struct(f"<{len(rates)}Q").unpack
        self._without = tuple(~(1 << i) for i in range(len(rates)))

    def costs(self, given: int, cached: int, output: int) -> Sequence[int]:
        """1e-12 USD by bit, for `given` input tokens of which `cached` come from the cache."""
        if given * self.most_input + output * self.most_output <= self._slot_max:
            packed = (given - cached) * self._input + output * self._output
            if cached:
                packed += cached * self._cached
            return self._unpack(packed.to_bytes(self._bytes, "little"))
        return [r.cost(given, cached, output) for r in self.rates]

    def within(self, mask: int, costs: Sequence[int], bound: int) -> int:
        """`mask` without those whose cost is above `bound`."""
        for without, cost in zip(self._without, costs, strict=True):
            if cost > bound:
                mask &= without
        return mask
