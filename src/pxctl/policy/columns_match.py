"""Routes of many requests: the bit sets of `match.MatchTables` as rows of 64-bit words, gathered by code and ANDed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxctl.policy.integers import pico
from pxctl.policy.match import BOUNDS, SETS, SINGLE, MatchTables

Words = NDArray[np.uint64]
Codes = NDArray[Any]
_TOKENS = ("input_tokens", "output_tokens")
_TOP = (1 << 62) - 1


def to_words(masks: Sequence[int], width: int) -> Words:
    """Bit sets as an array of shape (masks, width), the lowest 64 bits first."""
    data = b"".join(mask.to_bytes(8 * width, "little") for mask in masks)
    return np.frombuffer(data, dtype="<u8").reshape(len(masks), width)


def lowest_bit(words: Words) -> NDArray[np.int64]:
    """The place of the lowest set bit; -1 where none is set. Exact: powers of two are exact doubles."""
    isolated = words & (~words + np.uint64(1))
    exponent = isolated.astype(np.float64).view(np.int64) >> 52
    places: NDArray[np.int64] = np.maximum(exponent - 1023, -1)
    return places


class RouteColumns:
    """One policy's match tables as words; what depends on a column's values is made once for each set of values."""

    def __init__(self, tables: MatchTables) -> None:
        self._tables = tables
        self._width = max(1, -(-tables.all.bit_length() // 64))
        self._made: dict[tuple[str, tuple[Any, ...]], Words] = {}
        self._used = [
            name
            for name, mask in (
                *((n, t.open) for n, t in tables.single.items()), *((n, t.open) for n, t in tables.sets.items()),
            )
            if mask != tables.all
        ]  # fmt: skip
        self._used += [name for name in BOUNDS if name not in _TOKENS and tables.bounds[name].points]
        self._points = {
            name: np.array([min(p, _TOP) for p in tables.bounds[name].points], dtype=np.int64)
            for name in _TOKENS if tables.bounds[name].points
        }  # fmt: skip
        self._bounds = {name: to_words(tables.bounds[name].masks, self._width) for name in self._points}

    def route(
        self, own: Words, home: Sequence[str], tenant: Codes, column: Callable[[str], Any], tokens: dict[str, Codes]
    ) -> NDArray[np.int64]:
        """Each row's route, -1 where none matches.

        `own` and `home` are by tenant code: the routes that the tenant's own values leave, and its region.
        """
        parts: list[tuple[Words, Codes]] = [(own, tenant)]
        for name in self._used:
            coded = column(name)
            table = self._table(name, tuple(coded.values))
            if name == "region" and None in coded.values:
                parts.append(self._region(table, coded, home, tenant))
            else:
                parts.append((table, coded.codes))
        for name, points in self._points.items():
            parts.append((self._bounds[name], np.searchsorted(points, tokens[name], side="right")))
        found = np.full(len(tenant), -1, dtype=np.int64)
        rows: Any = slice(None)
        for word in range(self._width):
            left = parts[0][0][:, word][parts[0][1][rows]]
            for table, codes in parts[1:]:
                left = left & table[:, word][codes[rows]]
            place = lowest_bit(left)
            found[rows] = np.where(place < 0, -1, place + 64 * word)
            if word + 1 < self._width:
                rows = np.flatnonzero(found < 0)
                if not len(rows):
                    break
        return found

    def _region(self, table: Words, coded: Any, home: Sequence[str], tenant: Codes) -> tuple[Words, Codes]:
        """Rows without a region have the tenant's: their codes point behind those of the values."""
        absent = np.array([value is None for value in coded.values])[coded.codes]
        both = np.concatenate([table, self._table("region", tuple(home))])
        return both, np.where(absent, len(table) + tenant.astype(np.int64), coded.codes)

    def _table(self, name: str, values: tuple[Any, ...]) -> Words:
        found = self._made.get((name, values))
        if found is None:
            if len(self._made) > 256:
                self._made.clear()
            found = self._made[name, values] = to_words([self._mask(name, value) for value in values], self._width)
        return found

    def _mask(self, name: str, value: Any) -> int:
        tables = self._tables
        if name in SINGLE:
            return 0 if value is None else tables.single[name].of(value)
        if name in SETS:
            return tables.sets[name].of_set(value)
        bound = tables.bounds[name]
        if value is None:
            return bound.masks[-1]
        return bound.of(pico(value) if name == "budget_usd" else value)
