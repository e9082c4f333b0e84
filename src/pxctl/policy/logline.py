"""A decision's record as one line of JSON, put together from fragments that the decisions of a lane share.

The text is what `json.dumps` makes of `Facts.record()`, to the byte; where a budget excluded somebody it is made so.
"""

from __future__ import annotations

import json
from itertools import compress
from json.encoder import encode_basestring_ascii as quoted
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pxctl.policy.facts import Facts
    from pxctl.policy.lane import Lane
    from pxctl.policy.prices import Prices
    from pxctl.policy.trace import Trace, View

_K = TypeVar("_K")
_V = TypeVar("_V")
MEMO = 1024
"""How many fragments of one kind are remembered before all of that kind are forgotten."""
_OPEN = frozenset({"trace_id", "tenant", "fallbacks", "cost"})
_LISTS = frozenset({"kept", "excluded", "fallbacks_kept", "fallbacks_excluded"})
_SCORE = itemgetter(1)


def _fixed(value: object) -> str:
    return json.dumps(value).replace("%", "%%")


class Lines:
    """The fragments of one lane. Those of a view have `%d` where a request's own numbers go."""

    def __init__(self) -> None:
        self._heads: dict[tuple[int, bool], str] = {}
        self._chains: dict[tuple[str, ...], str] = {}
        self._views: dict[int, tuple[tuple[str, ...], str, str]] = {}
        self._checks: dict[int, tuple[object, str, str]] = {}

    def line(self, facts: Facts, lane: Lane, prices: Prices, trace: Trace) -> str:
        """The line of a decision that took a route."""
        context, seated, mask, chain = facts.context, facts.seated, facts.mask, facts.fallbacks
        checked = trace.checked(lane, seated, context)
        if checked.left & ~mask:
            return json.dumps(trace.record(facts, lane, prices))
        costs = prices.costs(context.input_tokens, context.cached_input_tokens, context.output_tokens)
        view = trace.view(lane, prices.bases, mask)
        pieces, whole, spare = self._views.get(mask) or self._view(mask, view)
        some = tuple(compress(costs, view.flags))
        if lane.static:
            kept = whole % some
        else:
            rows = list(zip(pieces, trace.scores(lane, view, some, context), some, strict=True))
            if view.parts is None:
                rows.sort(key=_SCORE)
            else:
                rows = [row for first, end in view.parts for row in sorted(rows[first:end], key=_SCORE)]
            kept = ", ".join([piece % (score, cost) for piece, score, cost in rows])
        excluded = self._checks.get(id(checked))
        if excluded is None or excluded[0] is not checked:
            excluded = checked, json.dumps(checked.excluded), json.dumps(checked.spare)
            _room(self._checks)[id(checked)] = excluded
        key = facts.bit, seated.safe
        return (self._heads.get(key) or self._head(key, facts, lane, prices, trace)) % (
            quoted(context.trace_id),
            quoted(context.tenant),
            self._chains.get(chain) or self._chain(chain),
            "null" if facts.cost is None else facts.cost,
            kept,
            excluded[1],
            spare % tuple([costs[i] for i, _, _ in view.spare]),
            excluded[2],
        )

    def _chain(self, chain: tuple[str, ...]) -> str:
        found = _room(self._chains)[chain] = json.dumps(chain)
        return found

    def _view(self, mask: int, view: View) -> tuple[tuple[str, ...], str, str]:
        named = list(zip(map(_fixed, view.names), map(_fixed, view.bases), strict=True))
        pieces = tuple(f"[{name}, %d, %d, {basis}]" for name, basis in named)
        whole = ", ".join(
            f"[{name}, {score}, %d, {basis}]" for (name, basis), score in zip(named, view.fixed, strict=True)
        )
        spare = ", ".join(f"[{_fixed(name)}, %d, {_fixed(basis)}]" for _, name, basis in view.spare)
        found = _room(self._views)[mask] = pieces, whole, spare
        return found

    def _head(self, key: tuple[int, bool], facts: Facts, lane: Lane, prices: Prices, trace: Trace) -> str:
        parts = []
        for name, value in trace.record(facts, lane, prices).items():
            text = "%s" if name in _OPEN or name in _LISTS else _fixed(value)
            parts.append(f'"{name}": {f"[{text}]" if name in ("kept", "fallbacks_kept") else text}')
        found = self._heads[key] = "{" + ", ".join(parts) + "}"
        return found


def _room(memo: dict[_K, _V]) -> dict[_K, _V]:
    """`memo`, emptied where it is full."""
    if len(memo) > MEMO:
        memo.clear()
    return memo
