"""What the traces of one lane share, worked out once: which checks exclude whom, whose names and bases stand there.

A trace is then a few look-ups by bit set, and one pass over the candidates in the order that deciding left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import TYPE_CHECKING, Any, NamedTuple

from pxctl.model.context import Context
from pxctl.model.decision import Reason
from pxctl.policy.logline import Lines, room
from pxctl.policy.masks import masker, stages

if TYPE_CHECKING:
    from pxctl.policy.bound import Seated
    from pxctl.policy.facts import Facts
    from pxctl.policy.lane import Lane

MEMO = 4096
"""How many results of one kind are remembered before all of that kind are forgotten."""
_BUDGET = Reason.BUDGET._value_


class Checked(NamedTuple):
    """Every check but the budget's: who is left (a bit set), who else failed by reason, and the reasons by bit.

    `texts` are `excluded` and `spare` as JSON.
    """

    left: int
    excluded: dict[str, tuple[str, ...]]
    spare: dict[str, tuple[str, ...]]
    reasons: tuple[Reason | None, ...]
    texts: tuple[str, str]


class View(NamedTuple):
    """What passed everything. `flags` are by bit; the rest is of the kept candidates, by bit.

    `spare` are the kept fallbacks: bit, deployment, basis.
    """

    flags: tuple[bool, ...]
    names: tuple[str, ...]
    bases: tuple[str, ...]
    fixed: tuple[int, ...]
    spare: tuple[tuple[int, str, str], ...]


Blanks = tuple[list[dict[str, Any]], tuple[int, ...]]
"""Entries still to be filled in, and the bits of those that need but a cost."""


class Trace:
    """The tables of one lane's traces."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.bases = tuple(m.basis for m in lane.measured)
        self._even = lane.units[0] if lane.plan.strategy == "weighted" and lane.even else 0
        self._masks = masker(lane)
        self._lines = Lines(self)
        self._heads: dict[tuple[int, bool], dict[str, Any]] = {}
        self._fields: dict[int, dict[str, Any]] = {}
        self._blanks: dict[tuple[int, tuple[int, ...]], Blanks] = {}
        self._checked: dict[tuple[int, ...], Checked] = {}
        self._views: dict[int, View] = {}

    def record(self, facts: Facts) -> dict[str, Any]:
        """What `Facts.record` gives where a route was taken."""
        lane, mask, costs = self.lane, facts.mask, facts.every_cost()
        checked = self.checked(facts.seated, facts.context)
        dear = checked.left & ~mask
        fields = _own((self._heads.get((facts.bit, not dear)) or self._head(facts, dear)).copy(), facts)
        view = self._views.get(mask) or self.view(mask)
        order = facts.order
        if order is None:
            fields["kept"] = list(zip(view.names, view.fixed, compress(costs, view.flags), view.bases))  # noqa: B905
        else:
            ids, bases, scores = lane.ids, self.bases, self.scores(facts)
            fields["kept"] = [(ids[i], scores[i], costs[i], bases[i]) for i in order]
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

    def line(self, facts: Facts) -> str:
        """What `Facts.line` gives where a route was taken."""
        checked = self.checked(facts.seated, facts.context)
        if checked.left & ~facts.mask:
            return json.dumps(self.record(facts))
        view = self._views.get(facts.mask) or self.view(facts.mask)
        return self._lines.line(facts, checked, view)

    def whole(self, facts: Facts) -> dict[str, Any]:
        """What `Facts.as_dict` gives where a route was taken."""
        bit = facts.bit
        fields = self._fields.get(bit)
        if fields is None:
            fields = self._fields[bit] = facts.fields()
        fields = _own(fields.copy(), facts)
        masks = self._masks(facts.seated.key, facts.context)
        blanks, settled = self._blanks.get((facts.mask, masks)) or self._blank(facts, masks)
        entries, costs = [blank.copy() for blank in blanks], facts.every_cost()
        for i in settled:
            entries[i]["cost"] = costs[i]
        if facts.order is not None:
            scores = self.scores(facts)
            for rank, i in enumerate(facts.order):
                entry = entries[i]
                entry["rank"] = rank
                entry["score"] = scores[i]
                entry["cost"] = costs[i]
        fields["candidates"] = tuple(map(entries.__getitem__, self.lane.listed))
        fields["listed_fallbacks"] = tuple(entries[self.lane.count :])
        return fields

    def reasons(self, facts: Facts) -> set[str]:
        """What `Facts.reasons` gives where a route was taken."""
        checked = self.checked(facts.seated, facts.context)
        dear = checked.left & ~facts.mask & self.lane.candidates
        return {*checked.excluded, _BUDGET} if dear else {*checked.excluded}

    def scores(self, facts: Facts) -> Sequence[int] | Mapping[int, int]:
        """The scores of the kept candidates by bit, where a request changes them."""
        scores = facts.scores or ()
        return [(logarithm << 20) // self._even for logarithm in scores] if self._even else scores

    def checked(self, seated: Seated, context: Context) -> Checked:
        """What every check but the budget's leaves; remembered by the tenant's key and the masks."""
        masks = self._masks(seated.key, context)
        return self._checked.get(masks) or self._check(seated, masks)

    def view(self, mask: int) -> View:
        """What the traces of `mask` share."""
        lane = self.lane
        kept, places = lane.flags(mask & lane.candidates), lane.bits_of(mask & lane.candidates)
        found = room(self._views, MEMO)[mask] = View(
            flags=kept, names=tuple(compress(lane.ids, kept)), bases=tuple(compress(self.bases, kept)),
            fixed=tuple(lane.fixed[i] for i in places),
            spare=tuple((i, lane.ids[i], self.bases[i]) for i in lane.bits_of(mask & lane.spare)),
        )  # fmt: skip
        return found

    def _head(self, facts: Facts, dear: int) -> dict[str, Any]:
        """Every field of a record in order, with the values that the primary settles."""
        found = facts.fields()
        del found["candidates"], found["listed_fallbacks"]
        names = ("kept", "excluded", *(("over_budget",) if dear else ()), "fallbacks_kept", "fallbacks_excluded")
        found |= dict.fromkeys(names)
        found["stale_health"] = self.lane.stale_names
        self._heads[facts.bit, not dear] = found
        return found

    def _check(self, seated: Seated, masks: tuple[int, ...]) -> Checked:
        lane = self.lane
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
        texts = json.dumps(excluded), json.dumps(spare)
        found = room(self._checked, MEMO)[masks] = Checked(left, excluded, spare, tuple(reasons), texts)
        return found

    def _blank(self, facts: Facts, masks: tuple[int, ...]) -> Blanks:
        """The entries by bit as far as the bit sets settle them, and who else has a cost."""
        lane, mask = self.lane, facts.mask
        checked = self.checked(facts.seated, facts.context)
        kept, reached = lane.flags(mask), lane.flags(checked.left)
        ranked = mask & lane.candidates
        ranks = {i: rank for rank, i in enumerate(lane.bits_of(ranked))} if lane.static else {}
        blanks = [
            {
                "deployment": name, "kept": kept[i], "reason": Reason.BUDGET if reached[i] and not kept[i] else reason,
                "rank": ranks.get(i), "score": lane.fixed[i] if i in ranks else None, "cost": None,
                "cost_basis": self.bases[i] if reached[i] else None, "stale_health": lane.stale[i],
            }
            for i, (name, reason) in enumerate(zip(lane.ids, checked.reasons, strict=True))
        ]  # fmt: skip
        settled = lane.bits_of(checked.left if lane.static else checked.left & ~ranked)
        found = room(self._blanks, MEMO // 16)[mask, masks] = blanks, settled
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
