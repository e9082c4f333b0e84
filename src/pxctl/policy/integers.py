"""The integers that every comparison and every rank is made of (docs/semantics.md, "Numbers").

Money is 1e-12 USD, health is millionths, latency is microseconds, moments are compared in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from math import floor, isinf
from typing import NamedTuple

from pxctl.core.digest import key64
from pxctl.model.provider import Price

UNBOUNDED = 1 << 200
"""A bound that nothing reaches: what an absent budget counts as."""
LAST = 1 << 62
"""The score of what ranks last: weight 0, an unknown latency."""
LATENCY_CAP = 1 << 53
MASK64 = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
WEIGHT_UNITS = 5040
MILLION = 1_000_000


class Rate(NamedTuple):
    """1e-12 USD for one token: read, read from the cache, written."""

    input: int
    cached: int
    output: int

    def cost(self, input_tokens: int, cached_tokens: int, output_tokens: int) -> int:
        """1e-12 USD of a request; `cached_tokens` is a part of `input_tokens`."""
        return (input_tokens - cached_tokens) * self.input + cached_tokens * self.cached + output_tokens * self.output


def rate(price: Price) -> Rate:
    """A price per million tokens as integers per token; exact, since prices have at most six decimals."""
    given, cached = price.input_per_mtok, price.cached_input_per_mtok
    base = int(given.scaleb(6))
    return Rate(base, base if cached is None else int(cached.scaleb(6)), int(price.output_per_mtok.scaleb(6)))


def pico(usd: Decimal) -> int:
    """USD as integers of 1e-12 USD."""
    return int(usd.scaleb(12))


def millionths(health: float) -> int:
    """Health from 0.0 to 1.0 as an integer of 1e-6, rounded half up."""
    return floor(health * 1e6 + 0.5)


def microseconds(latency_ms: float) -> int:
    """Milliseconds as microseconds, rounded half up, at most 2^53."""
    return LATENCY_CAP if isinf(latency_ms) else min(floor(latency_ms * 1000 + 0.5), LATENCY_CAP)


def utc(moment: datetime) -> datetime:
    """A moment that can be compared; one without a zone is UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def request_key(key: int | None, trace_id: str) -> int:
    """The request's 64 bits: its own, else the first 64 bits of BLAKE2b of its trace id."""
    return key64(trace_id) if key is None else key


def splitmix64(x: int) -> int:
    """Steele, Lea and Flood's finaliser over `x` plus the golden gamma, modulo 2^64."""
    x = (x + GOLDEN) & MASK64
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK64
    return x ^ (x >> 31)


def row_key(seed: int, row: int) -> int:
    """The request key of a trace's row that has no trace id."""
    return splitmix64((seed * GOLDEN + row) & MASK64)


def mix(key: int, multiplier: int) -> int:
    """Mix a request key with an odd 64-bit multiplier, modulo 2^64."""
    return ((key ^ (key >> 32)) * multiplier) & MASK64


def odd64(text: str) -> int:
    """The odd multiplier of a text: a deployment's id, an experiment's seed."""
    return key64(text) | 1
