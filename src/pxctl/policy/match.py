"""Which route a request takes: one bit set over routes per value of each dimension, ANDed by generated Python."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pxctl.model.base import OTHER
from pxctl.model.context import Context
from pxctl.model.routing import Match, MoneyBounds, Policy, TokenBounds
from pxctl.model.tenant import Tenant
from pxctl.policy.generate import function
from pxctl.policy.integers import pico
from pxctl.policy.vocabulary import Vocabulary

SINGLE = ("task_type", "modality", "language", "privacy", "risk_level", "region")
SETS = ("task_tags", "features")
OWN = ("tenant", "tier", "business_line")
BOUNDS = ("input_tokens", "output_tokens", "budget_usd", "sla_ms")

Matcher = Callable[[int, str, Context], int]


@dataclass(slots=True)
class ValueTable:
    """Routes by value. `open` are those that leave the dimension out, `missing` what any other value matches.

    For single values each entry holds the open routes too; for sets it holds the routes that list the value.
    """

    open: int
    missing: int
    by_value: dict[str, int] = field(default_factory=dict)

    def of(self, value: str) -> int:
        """The routes that a value matches."""
        return self.by_value.get(value, self.missing)

    def of_set(self, values: Iterable[str]) -> int:
        """The routes that a set matches: any member; none but the open routes for the empty set."""
        found = self.open
        for value in values:
            found |= self.by_value.get(value, self.missing)
        return found


@dataclass(slots=True)
class BoundTable:
    """Routes by amount: `masks[bisect_right(points, x)]`; the last one is for an absent (infinite) amount."""

    points: list[int]
    masks: list[int]

    def of(self, amount: int) -> int:
        """The routes that an amount matches."""
        return self.masks[bisect_right(self.points, amount)]


def _amounts(bounds: TokenBounds | MoneyBounds) -> tuple[int, int | None]:
    low, high = bounds.min, bounds.max
    if isinstance(bounds, MoneyBounds):
        return pico(Decimal(low or 0)), None if high is None else pico(Decimal(high))
    return int(low or 0), None if high is None else int(high)


class MatchTables:
    """A policy's routes as bit sets: route `i` is bit `i`, so that the lowest set bit is the first route."""

    def __init__(self, policy: Policy, vocabulary: Vocabulary) -> None:
        matches = [route.match for route in policy.routes]
        self.all = (1 << len(matches)) - 1
        self.own = {name: self._values(matches, name, None) for name in OWN}
        self.single = {name: self._values(matches, name, vocabulary.known.get(name)) for name in SINGLE}
        self.sets = {name: self._sets(matches, name, vocabulary.known[name]) for name in SETS}
        self.bounds = {name: self._bounds(matches, name) for name in BOUNDS}
        self.matcher = self._generate()

    def own_routes(self, tenant: Tenant) -> int:
        """The routes that a tenant's id, tier and business line leave."""
        own = self.own
        return own["tenant"].of(tenant.id) & own["tier"].of(tenant.tier) & own["business_line"].of(tenant.business_line)

    def _listed(self, matches: Sequence[Match], name: str) -> tuple[int, dict[str, int]]:
        unlisted, listed = 0, dict[str, int]()
        for i, match in enumerate(matches):
            values = getattr(match, name)
            if values is None:
                unlisted |= 1 << i
            else:
                for value in values:
                    listed[value] = listed.get(value, 0) | 1 << i
        return unlisted, listed

    def _values(self, matches: Sequence[Match], name: str, known: frozenset[str] | None) -> ValueTable:
        unlisted, listed = self._listed(matches, name)
        if known is None:
            return ValueTable(unlisted, unlisted, {v: unlisted | mask for v, mask in listed.items()})
        table = ValueTable(unlisted, unlisted | listed.get(OTHER, 0))
        table.by_value = {value: unlisted | listed.get(value, 0) for value in known}
        return table

    def _sets(self, matches: Sequence[Match], name: str, known: frozenset[str]) -> ValueTable:
        unlisted, listed = self._listed(matches, name)
        return ValueTable(unlisted, listed.get(OTHER, 0), {value: listed.get(value, 0) for value in known})

    def _bounds(self, matches: Sequence[Match], name: str) -> BoundTable:
        start, change = 0, dict[int, int]()
        for i, match in enumerate(matches):
            bounds = getattr(match, name)
            low, high = (0, None) if bounds is None else _amounts(bounds)
            if low > 0:
                change[low] = change.get(low, 0) ^ 1 << i
            else:
                start |= 1 << i
            if high is not None:
                change[high + 1] = change.get(high + 1, 0) ^ 1 << i
        points, masks = sorted(change), [start]
        for point in points:
            masks.append(masks[-1] ^ change[point])
        return BoundTable(points, masks)

    def _generate(self) -> Matcher:
        """Python that looks up only the dimensions that some route names."""
        names: dict[str, object] = {"bisect_right": bisect_right}
        lines = ["def match(routes, home, c):"]
        for name, table in self.single.items():
            if table.open == self.all:
                continue
            names[name], names[f"{name}_missing"] = table.by_value.get, table.missing
            value = "home if c.region is None else c.region" if name == "region" else f"c.{name}"
            lines.append(f"    routes &= {name}({value}, {name}_missing)")
        for name, table in self.sets.items():
            if table.open == self.all:
                continue
            names[name], names[f"{name}_missing"] = table.by_value.get, table.missing
            names[f"{name}_open"] = table.open
            lines += [f"    found = {name}_open", f"    for x in c.{name}:"]
            lines += [f"        found |= {name}(x, {name}_missing)", "    routes &= found"]
        for name, bound in self.bounds.items():
            if not bound.points:
                continue
            names[f"{name}_points"], names[f"{name}_masks"] = bound.points, bound.masks
            at = f"{name}_masks[bisect_right({name}_points, x)]"
            if name in ("input_tokens", "output_tokens"):
                lines += [f"    x = c.{name}", f"    routes &= {at}"]
                continue
            lines += [f"    x = c.{name}", "    if x is None:", f"        routes &= {name}_masks[-1]", "    else:"]
            lines += ["        x = int(x.scaleb(12))"] if name == "budget_usd" else []
            lines += [f"        routes &= {at}"]
        lines.append("    return routes")
        made: Matcher = function("\n".join(lines), names)
        return made
