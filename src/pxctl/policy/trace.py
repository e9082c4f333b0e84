"""What the traces of one lane share, worked out once: which checks exclude whom, whose names and bases stand there.

A trace is then a few look-ups by bit set and one pass over the candidates that were kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import compress
from operator import getitem, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from pxctl.model.context import Context
from pxctl.model.decision import Reason
from pxctl.policy.integers import request_key
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
    reached: tuple[bool, ...]


class View(NamedTuple):
    """What passed everything. Flags are by bit; the rest is of the kept candidates, by bit.

    `parts` are where each freshness class begins and ends; None where there is but one. `spare` are the kept
    fallbacks: bit, deployment, basis.
    """

    flags: tuple[bool, ...]
    places: tuple[int, ...]
    names: tuple[str, ...]
    bases: tuple[str, ...]
    fixed: tuple[int, ...]
    parts: tuple[tuple[int, int], ...] | None
    spare: tuple[tuple[int, str, str], ...]


class Trace:
    """The tables of one lane's traces. It keeps no reference to the lane, which is what it is remembered by."""

    def __init__(self, lane: Lane) -> None:
        weighted = lane.plan.strategy == "weighted"
        self.scales = [scale_of(units) for units in lane.units] if weighted else []
        self._static = lane.static
        self._masks = masker(lane)
        self._heads: dict[tuple[int, bool], dict[str, Any]] = {}
        self._checked: dict[tuple[int, ...], Checked] = {}
        self._views: dict[int, View] = {}

    def record(self, facts: Facts, lane: Lane, prices: Prices) -> dict[str, Any]:
        """What `Facts.record` gives where a route was taken."""
        context, seated, mask = facts.context, facts.seated, facts.mask
        checked = self.checked(lane, seated, context)
        dear = checked.left & ~mask
        head = self._heads.get((facts.bit, not dear)) or self._head(facts, lane, dear)
        fields = head.copy()
        fields["trace_id"] = context.trace_id
        fields["tenant"] = context.tenant
        fields["fallbacks"] = facts.fallbacks
        fields["safe_mode"] = seated.safe
        fields["cost"] = facts.cost
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
        found = Checked(left, excluded, spare, tuple(reasons), lane.flags(left))
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
                flags=lane.flags(kept), places=places, names=lane.names_of(kept), bases=tuple(bases[i] for i in places),
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
        mask = 0
        for place in view.places:
            mask |= 1 << place
        _, health, latency = lane.terms.get(mask) or lane.fill_terms(mask)
        low = min(costs)
        span = float(max(costs) - low)
        if not span:
            return [int(((a + 0.0) + c) * SCALE) for a, c in zip(health, latency, strict=True)]
        return [
            int(((a + weight * ((cost - low) / span)) + c) * SCALE)
            for cost, a, c in zip(costs, health, latency, strict=True)
        ]

    def standing(
        self, lane: Lane, view: View, costs: Sequence[int], context: Context
    ) -> tuple[Sequence[int | None], Sequence[int | None]]:
        """Rank and score by bit; None for those that are not kept. `costs` are everybody's, by bit."""
        found = self.scores(lane, view, tuple(compress(costs, view.flags)), context)
        order: Sequence[int] = range(len(found))
        if not lane.static:
            parts = ((0, len(found)),) if view.parts is None else view.parts
            order = [i for first, end in parts for i in sorted(range(first, end), key=found.__getitem__)]
        ranks: list[int | None] = [None] * len(lane.ids)
        scores: list[int | None] = [None] * len(lane.ids)
        places = view.places
        for rank, i in enumerate(order):
            place = places[i]
            ranks[place] = rank
            scores[place] = found[i]
        return ranks, scores


_TRACES: WeakKeyDictionary[Lane, Trace] = WeakKeyDictionary()


def trace_of(lane: Lane) -> Trace:
    """The tables of a lane, made on first use and forgotten with it."""
    found = _TRACES.get(lane)
    if found is None:
        found = _TRACES[lane] = Trace(lane)
    return found


def masker(lane: Lane) -> Callable[[int, Context], tuple[int, ...]]:
    """From a tenant's key and a context: the key, then who passes each check that a request's own values enter.

    The masks are in the order of the reasons; the lane's tables are bound once.
    """
    everybody, modality, privacy, capability = lane.all, lane.modality, lane.privacy, lane.capability
    language, any_language = lane.language, lane.any_language
    window_least, output_least, tokens_least = lane.context.least, lane.output.least, lane.tokens_left.least
    window_of, output_of, tokens_of = lane.context.of, lane.output.of, lane.tokens_left.of
    most, points, latencies = lane.plan.max_latency, lane.latency_points, lane.latency_masks
    usual = everybody if most is None else lane.latency(most)

    def masks(key: int, context: Context) -> tuple[int, ...]:
        output = context.output_tokens
        total = context.input_tokens + output
        able = everybody
        for name in context.features:
            able &= capability.get(name, 0)
        window = window_of(total) if total > window_least else everybody
        if output > output_least:
            window &= output_of(output)
        sla = context.sla_ms
        return (
            key,
            modality[context.modality],
            able,
            language.get(context.language, any_language),
            privacy[context.privacy],
            window,
            tokens_of(total) if total > tokens_least else everybody,
            usual
            if sla is None or (most is not None and sla * 1000 >= most)
            else latencies[bisect_right(points, sla * 1000)],
        )

    return masks


def stages(lane: Lane, seated: Seated, masks: tuple[int, ...]) -> tuple[tuple[Reason, int], ...]:
    """Every check but the budget's in order, each with those that pass it; `masks` as from `masker`."""
    _, modality, capability, language, privacy, window, tokens, latency = masks
    return (
        *lane.seat_stages(seated),
        (Reason.MODALITY, modality),
        (Reason.MISSING_CAPABILITY, capability),
        (Reason.LANGUAGE, language),
        (Reason.PRIVACY, privacy),
        (Reason.REGION, lane.region),
        (Reason.CONTEXT_WINDOW, window),
        (Reason.QUOTA, lane.requests_left & tokens),
        (Reason.CIRCUIT_OPEN, lane.circuit),
        (Reason.HEALTH, lane.health),
        (Reason.LATENCY, latency),
    )
