"""The oracle's arithmetic: the section `Numbers` of docs/semantics.md, once more and plainly."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, localcontext
from functools import cache
from math import floor

from pxctl.core.digest import key64

M64 = 2**64 - 1


@cache
def neglog(i: int) -> int:
    with localcontext() as c:
        c.prec = 60
        return int((-((Decimal(i) + Decimal("0.5")) / 4096).ln() * 2**20).to_integral_value())


def mix(k: int, text: str) -> int:
    return ((k ^ (k >> 32)) * (key64(text) | 1)) & M64


def micro(usd_: Decimal) -> int:
    return int(usd_ * 10**6)


def millionths(x: float) -> int:
    return floor(x * 1e6 + 0.5)


def microseconds(ms: float) -> int:
    return 2**53 if ms * 1000 >= 2**53 else floor(ms * 1000 + 0.5)


def utc(t: datetime) -> datetime:
    return t.replace(tzinfo=UTC) if t.tzinfo is None else t


def normalise(xs: list[int | None]) -> list[float]:
    """Min-max over the known; unknown is 1.0, everything is 0.0 where at most one is kept."""
    if len(xs) <= 1:
        return [0.0 for _ in xs]
    known = [x for x in xs if x is not None]
    if not known:
        return [1.0 for _ in xs]
    lo, hi = min(known), max(known)
    return [1.0 if x is None else 0.0 if hi == lo else float(x - lo) / float(hi - lo) for x in xs]
