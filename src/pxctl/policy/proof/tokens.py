"""Whole numbers of tokens whose cost lies between two amounts: found, or proved not to exist; not all are tried."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from pxctl.policy.integers import Rate

TRIED = 4096
"""How many output counts are tried where input, cached input and output tokens all have prices of their own."""
Range = tuple[int, int]
"""Inclusive."""


class UnknownError(Exception):
    """Neither found nor excluded."""


def between(price: Rate, given: Range, output: Range, window: int, costs: Range) -> tuple[int, int, int] | None:
    """Input, output and cached tokens within their ranges and a window, with a cost above `costs[0]` and at most
    `costs[1]` (1e-12 USD); None where there are none, which is a proof. Raises UnknownError."""
    for rate in dict.fromkeys((price.input, price.cached)):
        found = pair(rate, price.output, given, output, window, costs)
        if found is not None:
            return found[0], found[1], found[0] if rate != price.input else 0
    step = gcd(*price)
    if price.input == price.cached or costs[1] // step * step <= costs[0]:
        return None
    high = min(output[1], window - given[0])
    outputs = range(output[0], min(high, output[0] + TRIED) + 1)
    whole = high <= outputs[-1] if outputs else True
    # i input tokens at least: x uncached and y cached ones, with x >= k and y >= i - k for some k
    least = range(given[0] + 1) if given[0] * len(outputs) <= TRIED else (0, given[0])
    for o in outputs:
        spent = o * price.output
        room = max(0, min(given[1], window - o))
        for k in least if spent <= costs[1] else ():
            left = costs[0] - spent, costs[1] - spent
            some = pair(price.input, price.cached, (k, room), (given[0] - k, room), room, left)
            if some is not None:
                return some[0] + some[1], o, some[1]
    if whole and len(least) == given[0] + 1:
        return None
    raise UnknownError


def pair(one: int, other: int, xs: Range, ys: Range, most: int, costs: Range) -> tuple[int, int] | None:
    """Whole x and y of their ranges with x + y <= `most` and costs[0] < one * x + other * y <= costs[1].

    None where there are none. Prices are not negative.
    """
    low, high = costs
    last = min(ys[1], most - xs[0])
    if xs[0] > xs[1] or ys[0] > last or low >= high:
        return None
    edge = min(last, most - xs[1])
    # Up to the edge x may be the largest of its range, beyond it x + y <= most binds: there the dearest is linear in y.
    for first, end, start, slope in (
        (ys[0], edge, one * xs[1], other), (max(ys[0], edge + 1), last, one * most, other - one),
    ):  # fmt: skip
        if first > end:
            continue
        for y in _within(start, slope, (first, end), low, high):
            return min(xs[1], most - y), y
        for some in _above(start, slope, (first, end), high):
            if other:
                some = some[0], min(some[1], (high - one * xs[0]) // other)
            elif one * xs[0] > high:
                continue
            y = _remainder(one, other, some, high, high - low) if some[0] <= some[1] else -1
            if y >= 0:
                return (high - other * y) // one, y
    return None


def _within(start: int, slope: int, ys: Range, low: int, high: int) -> Iterator[int]:
    """A y of the range with low < start + slope * y <= high, if there is one."""
    if slope == 0:
        if low < start <= high:
            yield ys[0]
        return
    one, other = (low - start, high - start) if slope > 0 else (start - high - 1, start - low - 1)
    y = max(ys[0], one // abs(slope) + 1)
    if y <= min(ys[1], other // abs(slope)):
        yield y


def _above(start: int, slope: int, ys: Range, high: int) -> Iterator[Range]:
    """The ys of the range with start + slope * y > high."""
    if slope == 0:
        if start > high:
            yield ys
    elif slope > 0:
        yield max(ys[0], (high - start) // slope + 1), ys[1]
    else:
        yield ys[0], min(ys[1], (start - high - 1) // -slope)


def _remainder(one: int, other: int, ys: Range, high: int, room: int) -> int:
    """The least y of the range that leaves less than `room` of `high` when x is as large as it can be; -1: none."""
    start = (high - other * ys[0]) % one
    if start < room:
        return ys[0]
    steps = first_multiple(-other % one, one, one - start, one - start + room - 1)
    return ys[0] + steps if steps is not None and ys[0] + steps <= ys[1] else -1


def first_multiple(step: int, modulus: int, low: int, high: int) -> int | None:
    """The least n >= 0 with low <= n * step mod modulus <= high (0 <= low <= high < modulus), by Euclid's algorithm."""
    if low == 0:
        return 0
    if step == 0:
        return None
    if 2 * step > modulus:
        return first_multiple(modulus - step, modulus, modulus - high, modulus - low)
    count = -(-low // step)
    if count * step <= high:
        return count
    turns = first_multiple(modulus % step, step, -high % step, -low % step)
    return None if turns is None else -(-(low + modulus * turns) // step)
