"""Which kinds of requests, of a part that one entry of each side takes, the two sides treat differently; how many.

Nothing is enumerated that can be multiplied: the cells of a dimension are joined by which deployments take them, so
that a part falls into few groups. A group is counted whole, exactly.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from pxctl.policy.proof.joint import TENANT, Joint
from pxctl.policy.proof.search import TooLargeError
from pxctl.policy.proof.side import Side
from pxctl.policy.proof.space import DIMENSIONS, Box
from pxctl.policy.proof.view import Traits, view

MODALITY, PRIVACY, LANGUAGE, FEATURES = (
    DIMENSIONS.index(name) for name in ("modality", "privacy", "language", "features")
)
INPUT, OUTPUT, BUDGET, SLA = (DIMENSIONS.index(n) for n in ("input_tokens", "output_tokens", "budget_usd", "sla_ms"))
TOLD = {TENANT, MODALITY, PRIVACY, LANGUAGE, FEATURES, INPUT, OUTPUT, BUDGET, SLA}
"""The dimensions that deployments look at."""
GROUPS = 5_000_000
"""How many groups one comparison may tell apart before it is given up with a message."""
_Folded = dict[tuple[int, int], tuple[int, dict[int, int]]]


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds that are treated alike: how many, of which tenant cells, and the cell in each dimension that stands for
    them, with what either side sees of it."""

    count: int
    tenants: int
    sample: tuple[int, ...]
    before: Traits
    after: Traits


@dataclass(frozen=True, slots=True)
class _Seat:
    """Tenant cells that deployments and bounds cannot tell apart; everything before and after. `lines` are the business
    lines, which safe mode looks at, where they differ."""

    open: tuple[int, int]
    costs: tuple[int, int]
    lines: tuple[str, str]
    arms: tuple[str | None, str | None]


class Kinds:
    """Groups of kinds over one pair of policies."""

    def __init__(self, joint: Joint) -> None:
        self.joint = joint
        self.spent = 0
        self._takers: dict[tuple[int, int], tuple[int, int]] = {}
        self._seats: dict[tuple[int, int, int], _Seat] = {}
        self._views: dict[tuple[bool, int, Traits], Any] = {}

    def differing(self, part: Box, first: int, second: int) -> Iterator[Group]:
        """The groups of a part, taken by these entries, that are not treated alike. Raises TooLargeError."""
        for group in self.groups(part, first, second):
            if self._view(True, first, group.before) != self._view(False, second, group.after):
                yield group

    def groups(self, part: Box, first: int, second: int) -> Iterator[Group]:
        """All groups of a part: disjoint, and together the whole of it. Raises TooLargeError."""
        joint = self.joint
        relevant = joint.before.named(first), joint.after.named(second)
        priced = _all_priced(joint.before, relevant[0]) and _all_priced(joint.after, relevant[1])
        rest = prod(joint.weight(place, part[place]) for place in range(len(part)) if place not in TOLD)
        plain = tuple((cells & -cells).bit_length() - 1 for cells in part)
        seats: dict[_Seat, int] = {}
        for i in joint.chosen(part, TENANT):
            seat = self._seat(i, first, second, relevant)
            seats[seat] = seats.get(seat, 0) | 1 << i
        tokens = self._tokens(part, relevant)
        delays = joint.before.max_latency(first), joint.after.max_latency(second)
        slas = list(self._bounded(part, SLA, delays, 1000))
        for modalities in [part[MODALITY]] if priced else [1 << i for i in joint.chosen(part, MODALITY)]:
            folded = self._fold(part, modalities, relevant)
            modality = None if priced else str(joint.values[MODALITY][modalities.bit_length() - 1])
            for seat, tenants in seats.items():
                size = rest * joint.weight(TENANT, tenants)
                budgets = list(self._bounded(part, BUDGET, seat.costs, 1))
                for (masks, (some, cells)), (pairs, place) in product(folded.items(), tokens):
                    for (budget, paid, many), (sla, slow, more) in product(budgets, slas):
                        self._spend(1)
                        told = {**cells, INPUT: place[0], OUTPUT: place[1], BUDGET: budget, SLA: sla}
                        told[TENANT] = (tenants & -tenants).bit_length() - 1
                        traits = [
                            Traits(
                                takers=masks[i] & seat.open[i], modality=modality,
                                given=joint.values[INPUT][place[0]][:2], output=joint.values[OUTPUT][place[1]][:2],
                                cost=paid[i], limit=seat.costs[i], latency=slow[i], line=seat.lines[i],
                                arm=seat.arms[i],
                            )
                            for i in (0, 1)
                        ]  # fmt: skip
                        sample = tuple(told.get(i, cell) for i, cell in enumerate(plain))
                        yield Group(size * some * pairs * many * more, tenants, sample, traits[0], traits[1])

    def _view(self, before: bool, entry: int, traits: Traits) -> Any:
        key = before, entry, traits
        if key not in self._views:
            self._views[key] = view(self.joint.before if before else self.joint.after, entry, traits)
        return self._views[key]

    def _spend(self, count: int) -> None:
        self.spent += count
        if self.spent > GROUPS:
            raise TooLargeError(f"more than {GROUPS:,} groups of requests would have to be told apart")

    def _fold(self, part: Box, modalities: int, relevant: tuple[int, int]) -> _Folded:
        """By the deployments that take them, before and after: how many values of the folded dimensions together, and
        a cell in each that stands for them."""
        found: _Folded = {relevant: (1, {})}
        for place, cells in ((MODALITY, modalities), *((p, part[p]) for p in (PRIVACY, LANGUAGE, FEATURES))):
            classes: dict[tuple[int, int], tuple[int, int]] = {}
            for i in range(len(self.joint.values[place])):
                if cells >> i & 1:
                    masks = self._taking(place, i)
                    key = masks[0] & relevant[0], masks[1] & relevant[1]
                    count, cell = classes.get(key, (0, i))
                    classes[key] = count + self.joint.weight(place, 1 << i), cell
            made: _Folded = {}
            for (one, other), (count, chosen) in found.items():
                for masks, (many, cell) in classes.items():
                    key = one & masks[0], other & masks[1]
                    known = made.get(key)
                    if known is None:
                        made[key] = count * many, {**chosen, place: cell}
                    else:
                        made[key] = known[0] + count * many, known[1]
            self._spend(len(made))
            found = made
        return found

    def _taking(self, place: int, cell: int) -> tuple[int, int]:
        found = self._takers.get((place, cell))
        if found is None:
            name, value = DIMENSIONS[place], self.joint.values[place][cell]
            found = self.joint.before.takers(name, value), self.joint.after.takers(name, value)
            self._takers[place, cell] = found
        return found

    def _seat(self, cell: int, first: int, second: int, relevant: tuple[int, int]) -> _Seat:
        found = self._seats.get((cell, first, second))
        if found is None:
            joint, tenant = self.joint, self.joint.values[TENANT][cell]
            one, other = joint.before.seat(tenant), joint.after.seat(tenant)
            lines = one.tenant.business_line, other.tenant.business_line
            found = self._seats[cell, first, second] = _Seat(
                (joint.before.reached(tenant) & relevant[0], joint.after.reached(tenant) & relevant[1]),
                (min(one.budget, joint.before.max_cost(first)), min(other.budget, joint.after.max_cost(second))),
                lines if lines[0] != lines[1] else ("", ""),
                (joint.before.arm(first, tenant), joint.after.arm(second, tenant)),
            )  # fmt: skip
        return found

    def _tokens(self, part: Box, relevant: tuple[int, int]) -> list[tuple[int, tuple[int, int]]]:
        """Pairs of token ranges that no window tells apart: how many, and one of them."""
        joint = self.joint
        fleets = [*joint.before.chosen(relevant[0]), *joint.after.chosen(relevant[1])]
        windows = sorted({d.context_tokens for d in fleets if d.context_tokens is not None})
        outputs = sorted({d.max_output_tokens for d in fleets if d.max_output_tokens is not None})
        givens = [(i, joint.values[INPUT][i]) for i in joint.chosen(part, INPUT)]
        made = [(i, joint.values[OUTPUT][i]) for i in joint.chosen(part, OUTPUT)]
        self._spend(len(givens) * len(made))
        found: dict[Any, tuple[int, tuple[int, int]]] = {}
        for i, (low, high, _) in givens:
            for o, (least, most, _) in made:
                key = (
                    bisect_left(windows, low + least), bisect_left(windows, high + most), bisect_left(outputs, least),
                    bisect_left(outputs, most), high > 0, most > 0,
                )  # fmt: skip
                count, place = found.get(key, (0, (i, o)))
                found[key] = count + 1, place
        return list(found.values())

    def _bounded(
        self, part: Box, place: int, bounds: tuple[int, ...], unit: int
    ) -> Iterator[tuple[int, tuple[int, ...], int]]:
        """The cells of a limit that requests may state: one of them, the bounds that are met within, and how many."""
        cells = self.joint.chosen(part, place)
        low = min(bounds)
        within: list[int] = []
        beyond: list[int] = []
        for i in cells:
            amount = self.joint.values[place][i]
            met = bounds[0] != bounds[1] and (amount.absent or amount.high * unit > low)
            (beyond if met else within).append(i)
        if within:
            yield within[-1], (0, 0), len(within)
        if beyond:
            yield beyond[-1], bounds, len(beyond)


def _all_priced(side: Side, mask: int) -> bool:
    return all(d.rate is not None for d in side.chosen(mask))
