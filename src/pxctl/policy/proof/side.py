"""One of two policies that are compared: its entries, what they match, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pxctl.model.base import OTHER
from pxctl.policy.compile import Compiled
from pxctl.policy.fleet import Deployment
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
            bound = tables.bounds[name]
            routes = bound.masks[-1] if value is None else bound.of(value)
        return routes << self.first | self._others

    def access(self, tenant: str, providers: frozenset[str] | None = None) -> Any:
        """What deployments look at in a tenant, by names, so that both sides can be compared."""
        seat, bits = self._seats[tenant], self.compiled.fleet.provider_bits
        barred = frozenset(p for p, bit in bits.items() if seat.barred & bit and (providers is None or p in providers))
        held = frozenset(p for p, bit in bits.items() if seat.withheld & bit and (providers is None or p in providers))
        own = (seat.tenant.tier, seat.ceiling) if providers is None else ()
        return barred, held, seat.budget, seat.tenant.business_line, own

    def arms(self, tenant: str) -> Any:
        """The arms of experiments that a tenant is in."""
        return tuple((number, split.arm(split.tenant_place(tenant))) for number, split in self._splits)

    def home(self, tenant: str) -> str | None:
        """The tenant's region, where routes look at regions."""
        used = self.tables.single["region"].open != self.tables.all
        return self._seats[tenant].tenant.region if used else None

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
        mask = self.policy.named(entry - self.first)
        return frozenset(d.provider for d in self.compiled.fleet.deployments if mask >> d.index & 1)

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
            for d, units in pairs_ if d.active and _possible(plan, d)
        )  # fmt: skip
        spare = tuple(
            (self._deployment(d), d.index in allowed)
            for d in plan.fallbacks if (d.active or d.standby) and _possible(plan, d)
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


def _possible(plan: Plan, d: Deployment) -> bool:
    return (d.keyless or d.has_key) and d.stays(plan.regions)
