"""What the traces of one lane share, worked out once: which checks exclude whom, whose names and bases stand there.

A trace is then a few look-ups by bit set and one pass over the candidates that were kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from operator import getitem, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from pxctl.model.context import Context
from pxctl.model.decision import Reason
from pxctl.policy.integers import request_key
from pxctl.policy.logline import Lines
from pxctl.policy.masks import masker, stages
from pxctl.policy.rank import SCALE, scale_of

if TYPE_CHECKING:
    from pxctl.policy.bound import Seated
    from pxctl.policy.facts import Facts
    from pxctl.policy.lane import Lane
    from pxctl.policy.prices import Prices

MEMO = 4096
"""How many results of one kind are remembered before all of that kind are forgotten."""
_SCORE = itemgetter(1)
_BUDGET = Reason.BUDGET._value_


class Checked(NamedTuple):
    """Every check but the budget's: who is left (a bit set), who else failed by reason, and the reasons by bit."""

    left: int
    excluded: dict[str, tuple[str, ...]]
    spare: dict[str, tuple[str, ...]]
    reasons: tuple[Reason | None, ...]


class View(NamedTuple):
    """What passed everything. Flags are by bit; the rest is of the kept candidates, by bit.

    `parts` are where each freshness class begins and ends; None where there is but one. `spare` are the kept
    fallbacks: bit, deployment, basis.
    """

    flags: tuple[bool, ...]
    kept: int
    places: tuple[int, ...]
    names: tuple[str, ...]
    bases: tuple[str, ...]
    fixed: tuple[int, ...]
    parts: tuple[tuple[int, int], ...] | None
    spare: tuple[tuple[int, str, str], ...]


Blanks = tuple[list[dict[str, Any]], tuple[int, ...], View]
"""Entries still to be filled in, the bits of those that have a cost, and what passed."""


class Trace:
    """The tables of one lane's traces. It keeps no reference to the lane, which is what it is remembered by."""

    def __init__(self, lane: Lane) -> None:
        weighted = lane.plan.strategy == "weighted"
        self.scales = [scale_of(units) for units in lane.units] if weighted else []
        self._static = lane.static
        self._masks = masker(lane)
        self.lines = Lines()
        self._heads: dict[tuple[int, bool], dict[str, Any]] = {}
        self._fields: dict[int, dict[str, Any]] = {}
        self._blanks: dict[tuple[int, tuple[int, ...]], Blanks] = {}
        self._checked: dict[tuple[int, ...], Checked] = {}
        self._views: dict[int, View] = {}

    def record(self, facts: Facts, lane: Lane, prices: Prices) -> dict[str, Any]:
        """What `Facts.record` gives where a route was taken."""
        context, seated, mask = facts.context, facts.seated, facts.mask
        checked = self.checked(lane, seated, context)
        dear = checked.left & ~mask
        head = self._heads.get((facts.bit, not dear)) or self._head(facts, lane, dear)
        fields = _own(head.copy(), facts)
        costs = prices.costs(context.input_tokens, context.cached_input_tokens, context.output_tokens)
        view = self._views.get(mask) or self.view(lane, prices.bases, mask)
        if self._static:
            fields["kept"] = list(zip(view.names, view.fixed, compress(costs, view.flags), view.bases))  # noqa: B905
        else:
            some = tuple(compress(costs, view.flags))
            rows = list(zip(view.names, self.scores(lane, view, some, context), some, view.bases))  # noqa: B905
            if view.parts is None:
                rows.sort(key=_SCORE)
                fields["kept"] = rows
            else:
                fields["kept"] = [row for first, end in view.parts for row in sorted(rows[first:end], key=_SCORE)]
        excluded = fields["excluded"] = checked.excluded.copy()
        spare = fields["fallbacks_excluded"] = checked.spare.copy()
        fields["fallbacks_kept"] = [(name, costs[i], basis) for i, name, basis in view.spare]
        if dear:
            wanted, others = dear & lane.candidates, dear & lane.spare
            if wanted:
                excluded[_BUDGET] = lane.names_of(wanted)
                fields["over_budget"] = {lane.ids[i]: costs[i] for i in lane.bits_of(wanted)}
            else:
                del fields["over_budget"]
            if others:
                spare[_BUDGET] = lane.names_of(others)
        return fields

    def _head(self, facts: Facts, lane: Lane, dear: int) -> dict[str, Any]:
        """Every field of a record in order, with the values that the primary settles."""
        found = facts.fields()
        del found["candidates"], found["listed_fallbacks"]
        names = ("kept", "excluded", *(("over_budget",) if dear else ()), "fallbacks_kept", "fallbacks_excluded")
        found |= dict.fromkeys(names)
        found["stale_health"] = lane.stale_names
        self._heads[facts.bit, not dear] = found
        return found

    def checked(self, lane: Lane, seated: Seated, context: Context) -> Checked:
        """What every check but the budget's leaves; remembered by the tenant's key and the masks."""
        masks = self._masks(seated.key, context)
        return self._checked.get(masks) or self._check(lane, seated, masks)

    def _check(self, lane: Lane, seated: Seated, masks: tuple[int, ...]) -> Checked:
        if len(self._checked) > MEMO:
            self._checked.clear()
        left, everybody = lane.all, lane.candidates
        excluded: dict[str, tuple[str, ...]] = {}
        spare: dict[str, tuple[str, ...]] = {}
        reasons: list[Reason | None] = [None] * len(lane.ids)
        for reason, passing in stages(lane, seated, masks):
            gone = left & ~passing
            if gone:
                left ^= gone
                if gone & everybody:
                    excluded[reason._value_] = lane.names_of(gone & everybody)
                if gone & lane.spare:
                    spare[reason._value_] = lane.names_of(gone & lane.spare)
                for i in lane.bits_of(gone):
                    reasons[i] = reason
        found = Checked(left, excluded, spare, tuple(reasons))
        self._checked[masks] = found
        return found

    def view(self, lane: Lane, bases: Sequence[str], mask: int) -> View:
        """What the traces of `mask` share."""
        found = self._views.get(mask)
        if found is None:
            if len(self._views) > MEMO:
                self._views.clear()
            kept, spare = mask & lane.candidates, mask & lane.spare
            places, ends, parts = lane.bits_of(kept), 0, []
            for group in lane.group(kept) if kept else ():
                parts.append((ends, ends + len(group)))
                ends += len(group)
            found = self._views[mask] = View(
                flags=lane.flags(kept), kept=kept, places=places, names=lane.names_of(kept),
                bases=tuple(bases[i] for i in places),
                fixed=tuple(lane.fixed[i] for i in places), parts=tuple(parts) if len(parts) > 1 else None,
                spare=tuple((i, lane.ids[i], bases[i]) for i in lane.bits_of(spare)),
            )  # fmt: skip
        return found

    def scores(self, lane: Lane, view: View, costs: Sequence[int], context: Context) -> Sequence[int]:
        """The scores of the kept candidates by bit; `costs` are theirs."""
        if lane.static:
            return view.fixed
        strategy = lane.plan.strategy
        if strategy == "cheapest":
            return costs
        weights = lane.plan.weights
        if weights is None:
            hashes = lane.hashes(request_key(context.request_key, context.trace_id))
            return list(compress(map(getitem, self.scales, hashes), view.flags))
        return self._balanced(lane, view, costs, weights.cost)

    def _balanced(self, lane: Lane, view: View, costs: Sequence[int], weight: float) -> Sequence[int]:
        if not costs:
            return ()
        _, health, latency = lane.terms.get(view.kept) or lane.fill_terms(view.kept)
        low = min(costs)
        span = float(max(costs) - low)
        if not span:
            return [int(((a + 0.0) + c) * SCALE) for a, c in zip(health, latency, strict=True)]
        return [
            int(((a + weight * ((cost - low) / span)) + c) * SCALE)
            for cost, a, c in zip(costs, health, latency, strict=True)
        ]

    def fields(self, facts: Facts) -> dict[str, Any]:
        """What `Facts.fields` gives where a route was taken."""
        found = self._fields.get(facts.bit)
        if found is None:
            found = self._fields[facts.bit] = facts.fields()
        return _own(found.copy(), facts)

    def entries(self, facts: Facts, lane: Lane, prices: Prices) -> list[dict[str, Any]]:
        """The trace by bit: the fields of `Considered`, in order."""
        context, mask = facts.context, facts.mask
        masks = self._masks(facts.seated.key, context)
        found = self._blanks.get((mask, masks)) or self._blank(facts, lane, prices.bases, masks)
        blanks, reached, view = found
        costs = prices.costs(context.input_tokens, context.cached_input_tokens, context.output_tokens)
        entries = [blank.copy() for blank in blanks]
        for i in reached:
            entries[i]["cost"] = costs[i]
        scores = self.scores(lane, view, tuple(compress(costs, view.flags)), context)
        order: Sequence[int] = range(len(scores))
        if not self._static:
            parts = ((0, len(scores)),) if view.parts is None else view.parts
            order = [i for first, end in parts for i in sorted(range(first, end), key=scores.__getitem__)]
        places = view.places
        for rank, i in enumerate(order):
            entry = entries[places[i]]
            entry["rank"] = rank
            entry["score"] = scores[i]
        return entries

    def _blank(self, facts: Facts, lane: Lane, bases: Sequence[str], masks: tuple[int, ...]) -> Blanks:
        """The entries as far as the bit sets settle them, who reached the budget check, and what passed it."""
        if len(self._blanks) > MEMO // 16:
            self._blanks.clear()
        mask = facts.mask
        checked = self.checked(lane, facts.seated, facts.context)
        kept, reached = lane.flags(mask), lane.flags(checked.left)
        blanks = [
            {
                "deployment": name, "kept": kept[i], "reason": Reason.BUDGET if reached[i] and not kept[i] else reason,
                "rank": None, "score": None, "cost": None, "cost_basis": bases[i] if reached[i] else None,
                "stale_health": lane.stale[i],
            }
            for i, (name, reason) in enumerate(zip(lane.ids, checked.reasons, strict=True))
        ]  # fmt: skip
        found = self._blanks[mask, masks] = blanks, lane.bits_of(checked.left), self.view(lane, bases, mask)
        return found


def _own(fields: dict[str, Any], facts: Facts) -> dict[str, Any]:
    """`fields` with what this request alone settles."""
    context = facts.context
    fields["trace_id"] = context.trace_id
    fields["tenant"] = context.tenant
    fields["fallbacks"] = facts.fallbacks
    fields["safe_mode"] = facts.seated.safe
    fields["cost"] = facts.cost
    return fields


_TRACES: WeakKeyDictionary[Lane, Trace] = WeakKeyDictionary()


def trace_of(lane: Lane) -> Trace:
    """The tables of a lane, made on first use and forgotten with it."""
    found = _TRACES.get(lane)
    if found is None:
        found = _TRACES[lane] = Trace(lane)
    return found
