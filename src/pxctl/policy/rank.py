"""What scores are made of: tables of the weighted ones, terms of the balanced ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pxctl.policy.integers import LAST, MILLION
from pxctl.policy.neglog import NEGLOG

SCALE = float(1 << 30)
SHIFTED = tuple(value << 20 for value in NEGLOG)
STATIC = frozenset({"listed", "priority", "fastest"})
"""Strategies whose order no request changes."""


def weighted_scores(tops: Sequence[int], units: Sequence[int]) -> list[int]:
    """Rendezvous hashing: an exponential variate in fixed point (`tops`: 12 bits of each hash) over the weight."""
    return [SHIFTED[top] // unit if unit else LAST for top, unit in zip(tops, units, strict=True)]


@lru_cache(maxsize=64)
def scale_of(units: int) -> tuple[int, ...]:
    """Every score that a candidate of so many weight units can have, by the top 12 bits of its hash."""
    return tuple(weighted_scores(range(len(NEGLOG)), [units] * len(NEGLOG)))


def terms(values: Sequence[int | None], weight: float) -> list[float]:
    """`weight` times each value's place between the smallest (0.0) and the largest (1.0); unknown is 1.0."""
    known = [value for value in values if value is not None]
    low = min(known, default=0)
    span = float(max(known, default=0) - low)
    return [
        weight * (1.0 if value is None else (float(value - low) / span if span else 0.0)) for value in values
    ]  # fmt: skip


def distance(health: int | None) -> int | None:
    """Health turned round, so that smaller is better."""
    return None if health is None else MILLION - health
