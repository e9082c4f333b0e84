"""A plan bound to signals: its deployments as bits, and for every check a bit set of those that pass.

Candidates hold the low bits, in rank order where no request changes the order, else by freshness and then as listed;
listed fallbacks follow, as listed. So the lowest set bit of what is left is the primary under a static strategy.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from functools import cached_property
from struct import Struct
from typing import TYPE_CHECKING, Any, Protocol

from pxctl.model.base import MODALITIES, UNDETERMINED
from pxctl.model.context import Context
from pxctl.model.decision import Reason
from pxctl.policy.fleet import Deployment
from pxctl.policy.integers import LAST, UNBOUNDED, Rate
from pxctl.policy.measured import STALE, Measured, Measurer
from pxctl.policy.plan import Plan
from pxctl.policy.prices import Prices
from pxctl.policy.rank import STATIC, distance, terms
from pxctl.policy.tenancy import Seat

if TYPE_CHECKING:
    from pxctl.policy.trace import Trace

MEMO = 4096
"""How many results of one kind a lane remembers before it forgets them all."""
Stage = tuple[Reason, int]


class Seated(Protocol):
    """A tenant's seat under given signals: whether safe mode covers it; equal `key`s are treated alike."""

    seat: Seat
    safe: bool
    key: int


def bits(flags: Iterable[bool]) -> int:
    """A bit set from flags, the first one in the lowest bit."""
    mask = 0
    for i, flag in enumerate(flags):
        if flag:
            mask |= 1 << i
    return mask


class Cap:
    """Deployments by the largest amount that each takes: `of(x)` is the bit set of those that take `x`."""

    def __init__(self, limits: Iterable[int | None], everybody: int) -> None:
        given = {i: limit for i, limit in enumerate(limits) if limit is not None}
        self.points = sorted(set(given.values()))
        self.masks = [everybody]
        for point in self.points:
            gone = sum(1 << i for i, limit in given.items() if limit == point)
            self.masks.append(self.masks[-1] & ~gone)
        self.least = self.points[0] if self.points else UNBOUNDED

    def of(self, amount: int) -> int:
        """Those whose limit is not below `amount`."""
        return self.masks[bisect_left(self.points, amount)]


class Lane:
    """One plan under one set of signals."""

    def __init__(self, plan: Plan, measurer: Measurer, levels: tuple[str, ...], allowed: frozenset[int]) -> None:
        measured = [measurer.of(d) for d in plan.candidates]
        self.static = plan.strategy in STATIC
        places = sorted(range(len(measured)), key=lambda i: (measured[i].freshness, self._fixed(plan, measured, i), i))
        self.plan = plan
        self.listed = tuple(sorted(range(len(places)), key=places.__getitem__))
        self.fixed = tuple(self._fixed(plan, measured, i) for i in places)
        self.count = len(places)
        self.deployments: tuple[Deployment, ...] = tuple(plan.candidates[i] for i in places) + plan.fallbacks
        self.units = tuple(plan.units[i] for i in places)
        self.even = len(set(self.units)) == 1 and 0 < self.units[0] <= 1 << 20
        self.measured = tuple([measured[i] for i in places] + [measurer.of(d) for d in plan.fallbacks])
        self.ids = tuple(d.id for d in self.deployments)
        self.all = (1 << len(self.ids)) - 1
        self.candidates = (1 << self.count) - 1
        self.spare = self.all ^ self.candidates
        self.single_class = len({m.freshness for m in self.measured[: self.count]}) <= 1
        self._measurer = measurer
        self._levels = levels
        self._allowed = allowed
        self._tables()
        self.base: dict[int, int] = {}
        self.outcomes: dict[int, tuple[int, tuple[str, ...]]] = {}
        self.groups: dict[int, tuple[tuple[int, ...], ...]] = {}
        self.terms: dict[int, tuple[tuple[int, ...], list[float], list[float]]] = {}
        self.rests: dict[int, tuple[str, ...]] = {}
        self._seat_stages: dict[int, tuple[Stage, ...]] = {}
        self._prices: dict[str, Prices] = {}
        self._places_of: dict[int, tuple[int, ...]] = {}
        self._flags: dict[int, tuple[bool, ...]] = {}
        self._names: dict[int, tuple[str, ...]] = {}
        self.stale = tuple(m.freshness == STALE for m in self.measured)
        self.stale_names = tuple(name for name, stale in zip(self.ids, self.stale, strict=True) if stale)
        self._multipliers = sum(d.multiplier << (128 * i) for i, d in enumerate(self.deployments[: self.count]))
        self._tops = sum(0xFFF << (128 * i) for i in range(self.count))
        self._unpack = Struct("<" + "H14x" * self.count).unpack

    @staticmethod
    def _fixed(plan: Plan, measured: list[Measured], i: int) -> int:
        if plan.strategy == "priority":
            return plan.candidates[i].priority
        if plan.strategy == "fastest":
            latency = measured[i].latency
            return LAST if latency is None else latency
        return 0

    def _tables(self) -> None:
        everybody, plan, fleet = self.all, self.plan, self.deployments
        least, measured = plan.min_health, self.measured
        self.modality = {name: bits(name in d.modalities for d in fleet) for name in MODALITIES}
        wanted = {name for d in fleet for name in d.capabilities}
        self.capability = {name: bits(name in d.capabilities for d in fleet) for name in wanted}
        self.language = {tag: bits(d.speaks(tag) for d in fleet) for d in fleet for tag in d.languages}
        self.language[UNDETERMINED] = everybody
        self.any_language = bits("*" in d.languages for d in fleet)
        self.privacy = {level: bits(rank <= d.privacy for d in fleet) for rank, level in enumerate(self._levels)}
        self.region = bits(d.stays(plan.regions) for d in fleet)
        self.context = Cap([d.context_tokens for d in fleet], everybody)
        self.output = Cap([d.max_output_tokens for d in fleet], everybody)
        self.tokens_left = Cap([m.quota_tokens for m in measured], everybody)
        pairs = [(d.context_tokens, m.quota_tokens) for d, m in zip(fleet, measured, strict=True)]
        self.total = Cap([min((x for x in pair if x is not None), default=None) for pair in pairs], everybody)
        self.requests_left = bits(m.quota_requests != 0 for m in measured)
        self.circuit = bits(not m.circuit_open for m in measured)
        self.health = self.spare | bits(least is None or (m.health is not None and m.health >= least) for m in measured)
        known = [(m.latency, i) for i, m in enumerate(measured[: self.count]) if m.latency is not None]
        self.latency_points = sorted({latency for latency, _ in known})
        self.latency_masks = [self.spare]
        for point in self.latency_points:
            self.latency_masks.append(self.latency_masks[-1] | sum(1 << i for latency, i in known if latency == point))

    def latency(self, bound: int) -> int:
        """Those whose latency is known and at most `bound` microseconds; fallbacks always pass."""
        return self.latency_masks[bisect_right(self.latency_points, bound)]

    def prices(self, modality: str) -> Prices:
        """What everything costs under a request modality, which matters where a ceiling is used."""
        found = self._prices.get(modality)
        if found is None:
            if all(m.rate is not None for m in self.measured) and self._prices:
                found = next(iter(self._prices.values()))
            else:
                ceiling: Rate = self._measurer.ceiling(modality)
                rates = [ceiling if m.rate is None else m.rate for m in self.measured]
                found = Prices(rates, [m.basis for m in self.measured])
            self._prices[modality] = found
        return found

    def seat_stages(self, seated: Seated) -> tuple[Stage, ...]:
        """The checks that depend on the tenant alone and that somebody fails, each with those that pass it."""
        found = self._seat_stages.get(seated.key)
        if found is None:
            seat, allowed, fleet, count = seated.seat, self._allowed, self.deployments, self.count
            found = (
                (Reason.SAFE_MODE, bits(not seated.safe or d.index in allowed for d in fleet)),
                (Reason.DISABLED, bits(d.active or (i >= count and d.standby) for i, d in enumerate(fleet))),
                (Reason.NOT_RELEASED, bits(not seat.withheld & d.provider_bit for d in fleet)),
                (Reason.TENANT_DENIED, bits(not seat.barred & d.provider_bit for d in fleet)),
                (Reason.NO_CREDENTIAL, bits(m.credential for m in self.measured)),
            )
            found = self._seat_stages[seated.key] = tuple(stage for stage in found if stage[1] != self.all)
        return found

    def fill_base(self, seated: Seated) -> int:
        """Those that pass every check that no request changes, for this tenant; remembered by its key."""
        mask = self.region & self.requests_left & self.circuit & self.health
        if self.plan.max_latency is not None:
            mask &= self.latency(self.plan.max_latency)
        for _, passing in self.seat_stages(seated):
            mask &= passing
        self.base[seated.key] = mask
        return mask

    def hashes(self, key: int) -> tuple[int, ...]:
        """The top 12 bits of each candidate's rendezvous hash; one multiplication, a slot of 128 bits each."""
        mixed = ((key ^ key >> 32) * self._multipliers >> 52) & self._tops
        return self._unpack(mixed.to_bytes(16 * self.count, "little"))

    def bits_of(self, mask: int) -> tuple[int, ...]:
        """The places of the bits that are set, ascending."""
        found = self._places_of.get(mask)
        if found is None:
            if len(self._places_of) > MEMO:
                self._places_of.clear()
            found = self._places_of[mask] = tuple(i for i in range(len(self.ids)) if mask >> i & 1)
        return found

    def names_of(self, mask: int) -> tuple[str, ...]:
        """The deployments whose bits are set."""
        found = self._names.get(mask)
        if found is None:
            if len(self._names) > MEMO:
                self._names.clear()
            found = self._names[mask] = tuple(self.ids[i] for i in self.bits_of(mask))
        return found

    def flags(self, mask: int) -> tuple[bool, ...]:
        """Whether each bit is set."""
        found = self._flags.get(mask)
        if found is None:
            if len(self._flags) > MEMO:
                self._flags.clear()
            found = self._flags[mask] = tuple(bool(mask >> i & 1) for i in range(len(self.ids)))
        return found

    def group(self, kept: int) -> tuple[tuple[int, ...], ...]:
        """The bits of `kept` by freshness class, each in listed order."""
        if len(self.groups) > MEMO:
            self.groups.clear()
        classes: dict[int, list[int]] = {}
        for i in self.bits_of(kept):
            classes.setdefault(self.measured[i].freshness, []).append(i)
        found = self.groups[kept] = tuple(tuple(places) for places in classes.values())
        return found

    def fill_terms(self, kept: int) -> tuple[tuple[int, ...], list[float], list[float]]:
        """The kept candidates with their weighted terms of health and of latency, which no request changes."""
        if len(self.terms) > MEMO:
            self.terms.clear()
        places, weights = self.bits_of(kept), self.plan.weights
        health, latency = [0.0] * len(places), [0.0] * len(places)
        if weights is not None and len(places) > 1:
            health = terms([distance(self.measured[i].health) for i in places], weights.health)
            latency = terms([self.measured[i].latency for i in places], weights.latency)
        found = self.terms[kept] = places, health, latency
        return found

    def rest(self, mask: int) -> tuple[str, ...]:
        """The listed fallbacks in `mask` that are not among its kept candidates."""
        if len(self.rests) > MEMO:
            self.rests.clear()
        kept = {self.ids[i] for i in self.bits_of(mask & self.candidates)}
        left = [self.ids[i] for i in self.bits_of(mask & self.spare)]
        found = self.rests[mask] = tuple(name for name in left if name not in kept)
        return found

    def settle(self, mask: int) -> tuple[int, tuple[str, ...]]:
        """Primary's bit (-1: nobody) and fallbacks, where bits are in rank order or no candidate is kept."""
        if len(self.outcomes) > MEMO:
            self.outcomes.clear()
        order = self.bits_of(mask & self.candidates)
        most = self.plan.max_fallbacks
        if order:
            chain = tuple(self.ids[i] for i in order[1 : most + 1]) + self.rest(mask)
            found = order[0], chain[:most]
        else:
            spare = self.bits_of(mask & self.spare)
            found = (spare[0], tuple(self.ids[i] for i in spare[1 : most + 1])) if spare else (-1, ())
        self.outcomes[mask] = found
        return found

    @cached_property
    def run(self) -> Callable[[Any, Context], Any]:
        """The generated function that decides a request on this lane."""
        from pxctl.policy.fast import make_run

        return make_run(self)

    @cached_property
    def trace(self) -> Trace:
        """What renders the decisions of this lane."""
        from pxctl.policy.trace import Trace

        return Trace(self)
