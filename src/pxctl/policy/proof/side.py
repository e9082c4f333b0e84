"""One of two policies that are compared: its entries, what they match, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pxctl.model.base import OTHER
from pxctl.policy.compile import Compiled
from pxctl.policy.fleet import Deployment
from pxctl.policy.integers import UNBOUNDED
from pxctl.policy.plan import CONTROL, Plan
from pxctl.policy.tenancy import Seat


class Side:
    """One policy: its entries, and what they say."""

    def __init__(self, compiled: Compiled, name: str, tenants: Sequence[str], numbers: dict[Any, int]) -> None:
        """`numbers` counts what deployments say, for both sides: equal numbers mean that they say the same."""
        self.compiled, self.policy = compiled, compiled.policy(name)
        self._numbers, self._known = numbers, dict[int, int]()
        self.tables = self.policy.tables
        self._seats: dict[str, Seat] = {tenant: compiled.seat(tenant) for tenant in tenants}
        self._levels = compiled.vocabulary.levels
        self.first = len(self._levels) + 1
        self.routes = len(self.policy.policy.routes)
        self.none = self.first + self.routes
        self.entries = self.none + 1
        self._others = (1 << self.first) - 1 | 1 << self.none
        self._content: dict[int, Any] = {}
        self._provider_sets: dict[int, frozenset[str]] = {}
        self._reached: dict[int, int] = {}
        self.said: dict[Any, Any] = {}
        """What `view` remembers of deployments."""
        self._splits = [
            (number, split) for number in range(self.routes)
            if (split := self.policy.split(number)) is not None and split.unit == "tenant"
        ]  # fmt: skip

    def mask(self, name: str, value: Any) -> int:
        """The entries that a value matches; entry `i` below `first` is the ceiling of rank `i - 1`."""
        tables, ceilings = self.tables, (1 << self.first) - 1
        if name == "tenant":
            seat = self._seats[value]
            return tables.own_routes(seat.tenant) << self.first | 1 << self.none | 1 << seat.ceiling + 1
        if name == "privacy":
            rank = self._levels.index(value)
            above = (1 << rank + 1) - 1
            return tables.single[name].of(value) << self.first | 1 << self.none | above & ceilings
        if name in tables.single:
            routes = tables.single[name].of(value)
        elif name in tables.sets:
            routes = tables.sets[name].of_set(value)
        else:
            routes = tables.bounds[name].of(value.low)
        return routes << self.first | self._others

    def access(self, tenant: str, providers: frozenset[str] | None = None, limit: int = UNBOUNDED) -> Any:
        """What deployments look at in a tenant, by names, so that both sides can be compared; with `providers`, only
        what those look at where a request may cost `limit` at most."""
        seat = self._seats[tenant]
        barred, held = self._names(seat.barred), self._names(seat.withheld)
        if providers is None:
            return barred, held, seat.budget, seat.tenant.business_line, (seat.tenant.tier, seat.ceiling)
        return barred & providers, held & providers, min(seat.budget, limit), seat.tenant.business_line

    def _names(self, providers: int) -> frozenset[str]:
        found = self._provider_sets.get(providers)
        if found is None:
            bits = self.compiled.fleet.provider_bits.items()
            found = self._provider_sets[providers] = frozenset(name for name, bit in bits if providers & bit)
        return found

    def seat(self, tenant: str) -> Seat:
        """A tenant's place."""
        return self._seats[tenant]

    def arm(self, entry: int, tenant: str) -> str | None:
        """The arm that a tenant is in at an entry whose experiment divides tenants."""
        split = self.policy.split(entry - self.first) if self.kind(entry) == "route" else None
        return split.arm(split.tenant_place(tenant)) if split is not None and split.unit == "tenant" else None

    def max_cost(self, entry: int) -> int:
        """The route's own bound, in 1e-12 USD."""
        return self.plans(entry)[0].max_cost if self.kind(entry) == "route" else UNBOUNDED

    def max_latency(self, entry: int) -> int:
        """The route's own bound, in microseconds."""
        bound = self.plans(entry)[0].max_latency if self.kind(entry) == "route" else None
        return UNBOUNDED if bound is None else bound

    def named(self, entry: int) -> int:
        """The deployments that a route names, as a bit set over the fleet."""
        return self.policy.named(entry - self.first) if self.kind(entry) == "route" else 0

    def chosen(self, mask: int) -> list[Deployment]:
        """The deployments of a bit set."""
        made, fleet = [], self.compiled.fleet.deployments
        while mask:
            low = mask & -mask
            made.append(fleet[low.bit_length() - 1])
            mask ^= low
        return made

    def reached(self, tenant: str) -> int:
        """The deployments whose provider lets a tenant in."""
        seat = self._seats[tenant]
        closed = seat.barred | seat.withheld
        found = self._reached.get(closed)
        if found is None:
            fleet = self.compiled.fleet.deployments
            found = self._reached[closed] = sum(1 << d.index for d in fleet if not closed & d.provider_bit)
        return found

    def takers(self, name: str, value: Any) -> int:
        """The deployments that take a modality, a privacy level, a language or a set of features."""
        rank = self._levels.index(value) if name == "privacy" else 0
        passes: dict[str, Callable[[Deployment], bool]] = {
            "modality": lambda d: value in d.modalities,
            "privacy": lambda d: rank <= d.privacy,
            "language": lambda d: d.speaks(value),
            "features": lambda d: d.capabilities.issuperset(value),
        }
        return sum(1 << d.index for d in self.compiled.fleet.deployments if passes[name](d))

    def arms(self, tenant: str) -> Any:
        """The arms of experiments that a tenant is in."""
        return tuple((number, split.arm(split.tenant_place(tenant))) for number, split in self._splits)

    def silent(self, language: str) -> frozenset[str]:
        """The deployments that do not take a language."""
        return frozenset(d.id for d in self.compiled.fleet.deployments if not d.speaks(language))

    def kind(self, entry: int) -> str:
        """`ceiling`, `route` or `none`."""
        return "ceiling" if entry < self.first else "none" if entry == self.none else "route"

    def name(self, entry: int) -> str | None:
        """The route's name."""
        return self.policy.policy.routes[entry - self.first].name if self.kind(entry) == "route" else None

    def identities(self) -> list[Any]:
        """By entry: what it matches and what it says."""
        made: list[Any] = [("ceiling", i, self._levels) for i in range(self.first)]
        made += [(self._match(number), self.content(number + self.first)) for number in range(self.routes)]
        return [*made, ("none",)]

    def _match(self, number: int) -> Any:
        match = self.policy.policy.routes[number].match
        fields = {name: getattr(match, name) for name in type(match).model_fields}
        known = {
            name: frozenset(self.compiled.vocabulary.known[name])
            for name in self.compiled.vocabulary.known
            if fields.get(name) is not None and OTHER in fields[name]
        }
        return tuple((n, frozenset(v) if isinstance(v, tuple) else v) for n, v in fields.items()), tuple(known.items())

    def content(self, entry: int) -> Any:
        """Everything that decides what a route answers: under each arm the plan, and the engine's thresholds."""
        found = self._content.get(entry)
        if found is None:
            split = self.policy.split(entry - self.first)
            shares = () if split is None else (split.unit, split.seed, split.ends)
            plans = tuple(self._plan(plan) for plan in self.plans(entry))
            limits = self.compiled.config.project.thresholds
            found = self._content[entry] = (shares, plans, limits.health_fresh, limits.quote_fresh)
        return found

    def providers(self, entry: int) -> frozenset[str]:
        """The providers that a route names."""
        return frozenset(d.provider for d in self.chosen(self.named(entry)))

    def plans(self, entry: int) -> list[Plan]:
        """A route's plans, one an arm; none for a ceiling."""
        if self.kind(entry) != "route":
            return []
        split = self.policy.split(entry - self.first)
        arms: tuple[str | None, ...] = (None,) if split is None else (*split.arms, CONTROL)
        return [self.policy.plan(entry - self.first, arm) for arm in arms]

    def _plan(self, plan: Plan) -> Any:
        """What a plan answers, without what no request can see: deployments that it always excludes, weights that its
        strategy does not read."""
        allowed, weighted = self.policy.allowed, plan.strategy == "weighted"
        pairs_ = zip(plan.candidates, plan.units, strict=True)
        by_priority = plan.strategy == "priority"
        listed = tuple(
            (self._deployment(d), units if weighted else 0, d.index in allowed, d.priority if by_priority else 0)
            for d, units in pairs_ if d.active and possible(plan, d)
        )  # fmt: skip
        spare = tuple(
            (self._deployment(d), d.index in allowed)
            for d in plan.fallbacks if (d.active or d.standby) and possible(plan, d)
        )  # fmt: skip
        bounds = (plan.min_health, plan.max_latency, plan.max_cost, plan.max_fallbacks)
        return (plan.strategy, plan.weights, listed, spare, bounds)

    def _deployment(self, d: Deployment) -> int:
        found = self._known.get(d.index)
        if found is None:
            found = self._known[d.index] = self._numbers.setdefault(self._says(d), len(self._numbers))
        return found

    def _says(self, d: Deployment) -> Any:
        ceilings = None
        if d.rate is None:
            ceilings = tuple(self.compiled.config.catalogue.ceiling(m) for m in sorted(d.modalities))
        covered = frozenset(self._levels[: d.privacy + 1])
        return (
            d.id, d.keyless, d.modalities, d.capabilities, d.languages, covered, d.context_tokens, d.max_output_tokens,
            d.rate, ceilings,
        )  # fmt: skip


def possible(plan: Plan, d: Deployment) -> bool:
    """Whether no file rules a deployment out for every request of a plan."""
    return (d.keyless or d.has_key) and d.stays(plan.regions)
