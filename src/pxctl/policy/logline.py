"""A decision's record as one line of JSON, put together from fragments that the decisions of a lane share.

The text is what `json.dumps` makes of `Facts.record()`, to the byte; where a budget excluded somebody it is made so.
"""

from __future__ import annotations

import json
from itertools import compress
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pxctl.policy.facts import Facts
    from pxctl.policy.trace import Checked, Trace, View

_K = TypeVar("_K")
_V = TypeVar("_V")
MEMO = 1024
"""How many fragments of one kind are remembered before all of that kind are forgotten."""
_OPEN = frozenset({"trace_id", "tenant", "fallbacks", "cost"})
_LISTS = frozenset({"kept", "excluded", "fallbacks_kept", "fallbacks_excluded"})


def _fixed(value: object) -> str:
    return json.dumps(value).replace("%", "%%")


class Lines:
    """The fragments of one lane; `%d` stands where a request's own numbers go."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._begin = [f"[{json.dumps(name)}, " for name in trace.lane.ids]
        self._end = [f", {json.dumps(basis)}]" for basis in trace.bases]
        self._heads: dict[tuple[int, bool], str] = {}
        self._chains: dict[tuple[str, ...], str] = {}
        self._views: dict[int, tuple[str, str]] = {}

    def line(self, facts: Facts, checked: Checked, view: View) -> str:
        """The line of a decision that took a route, where no budget excluded anybody."""
        context, mask, order, costs = facts.context, facts.mask, facts.order, facts.every_cost()
        fixed, spare = self._views.get(mask) or self._view(mask, view)
        if order is None:
            kept = fixed % tuple(compress(costs, view.flags))
        else:
            scores, begin, end = self._trace.scores(facts), self._begin, self._end
            kept = ", ".join([f"{begin[i]}{scores[i]}, {costs[i]}{end[i]}" for i in order])
        return (self._heads.get((facts.bit, facts.seated.safe)) or self._head(facts)) % (
            quoted(context.trace_id),
            quoted(context.tenant),
            self._chains.get(facts.fallbacks) or self._chain(facts.fallbacks),
            "null" if facts.cost is None else facts.cost,
            kept,
            checked.texts[0],
            spare % tuple([costs[i] for i, _, _ in view.spare]),
            checked.texts[1],
        )

    def _chain(self, names: tuple[str, ...]) -> str:
        found = room(self._chains, MEMO)[names] = json.dumps(names)
        return found

    def _view(self, mask: int, view: View) -> tuple[str, str]:
        """The kept candidates where no request changes their order, and the kept fallbacks."""
        named = zip(map(_fixed, view.names), view.fixed, map(_fixed, view.bases), strict=True)
        fixed = ", ".join([f"[{name}, {score}, %d, {basis}]" for name, score, basis in named])
        spare = ", ".join([f"[{_fixed(name)}, %d, {_fixed(basis)}]" for _, name, basis in view.spare])
        found = room(self._views, MEMO)[mask] = fixed, spare
        return found

    def _head(self, facts: Facts) -> str:
        parts = []
        for name, value in self._trace.record(facts).items():
            text = "%s" if name in _OPEN or name in _LISTS else _fixed(value)
            parts.append(f'"{name}": {f"[{text}]" if name in ("kept", "fallbacks_kept") else text}')
        found = self._heads[facts.bit, facts.seated.safe] = "{" + ", ".join(parts) + "}"
        return found


def room(memo: dict[_K, _V], most: int) -> dict[_K, _V]:
    """`memo`, emptied where it holds more than `most`."""
    if len(memo) > most:
        memo.clear()
    return memo
