"""Which requests reach a route: pure set logic over the dimensions of a match.

A route's requests are a box: for each dimension the values (or the range) that it takes. Tenants are joined with
privacy levels into one dimension `who`, because a tenant's ceiling decides with its level, and tier and business line
are the tenant's. A route is unreachable where earlier boxes cover its own. Sets (`task_tags`, `features`) hold where
one member is listed, so they only ever cover what they contain whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from pxctl.lint.view import View
from pxctl.model.base import OTHER, UNDETERMINED, Modality, RiskLevel

if TYPE_CHECKING:
    from pxctl.model.routing import Match, MoneyBounds, Policy, TokenBounds
    from pxctl.model.tenant import Tenant

INFINITE = 10**18
VALUES = ("task_type", "modality", "language", "risk_level", "region")
RANGES = ("input_tokens", "output_tokens", "budget_usd", "sla_ms")
SETS = ("task_tags", "features")
MAX_BOXES = 4_000

Range = tuple[int, int]
Who = frozenset[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Box:
    """The requests of one match. `sets` are dimensions of which one member must be listed."""

    who: Who
    values: Mapping[str, frozenset[str]]
    ranges: Mapping[str, Range]
    sets: Mapping[str, frozenset[str]]

    @property
    def empty(self) -> bool:
        """Whether no request is in it."""
        return not self.who or not all(self.values.values()) or any(low > high for low, high in self.ranges.values())


@dataclass(frozen=True, slots=True)
class Reach:
    """The boxes of a policy's routes, in order, and the tenants behind the numbers in `who`."""

    boxes: tuple[Box, ...]
    classes: tuple[tuple[Tenant, ...], ...]
    verdicts: dict[tuple[int, str, bool], str | None] = field(default_factory=dict, compare=False)
    """What `eligible.why_never` has found out, by route, deployment and whether it is a fallback."""


def reach(view: View, policy: Policy, anybody: bool = False) -> Reach:
    """The boxes of a policy's routes over the tenants that have this policy (all of them where none has).

    With `anybody`: over all tenants, and one more of each tier and business line, who may send every privacy level;
    what holds then does not change when the roster does.
    """
    tenants = [t for t in view.config.tenants.values() if anybody or (t.policy or "default") == policy.name]
    tenants = tenants or list(view.config.tenants.values())
    if anybody:
        from pxctl.model.tenant import Tenant

        top = view.config.project.privacy_levels[-1]
        tenants += [
            Tenant(id="somebody-else", tier=tier, business_line=line, region=OTHER, privacy_max=top)
            for tier in [*sorted(view.tiers), OTHER]
            for line in [*sorted(view.business_lines), OTHER]
        ]
    classes = _classes(view, policy, tenants)
    known = view.known_values
    return Reach(tuple(_box(view, route.match, classes, known) for route in policy.routes), classes)


def everything(view: View, reached: Reach) -> Box:
    """Every request that the tenants of a policy may send."""
    from pxctl.model.routing import Match

    return _box(view, Match(), reached.classes, view.known_values)


def box_of(view: View, match: Match, tenants: list[Tenant]) -> Box:
    """The requests of one match that some tenants may send."""
    takers = [tenant for tenant in tenants if _takes(match, tenant)]
    if tenants and not takers:
        return _box(view, match, (), view.known_values)
    ceilings = {tenant.privacy_max: tenant for tenant in takers}
    return _box(view, match, tuple((tenant,) for tenant in ceilings.values()) or ((),), view.known_values)


def known_values(view: View) -> dict[str, frozenset[str]]:
    """The values of each closed dimension; in open ones the known values and `other`."""
    found: dict[str, set[str]] = {"task_type": {OTHER}, "language": {OTHER, UNDETERMINED}, "region": {OTHER}}
    for policy in view.config.policies.values():
        for route in policy.routes:
            for name in found:
                found[name].update(getattr(route.match, name) or ())
    found["region"].update(tenant.region for tenant in view.config.tenants.values())
    for provider in view.config.providers.values():
        for model in provider.models:
            found["language"].update(language for language in model.languages if language != "*")
    closed = {"modality": frozenset(get_args(Modality)), "risk_level": frozenset(get_args(RiskLevel))}
    return {**{name: frozenset(values) for name, values in found.items()}, **closed}


def _classes(view: View, policy: Policy, tenants: list[Tenant]) -> tuple[tuple[Tenant, ...], ...]:
    """Tenants that no route of the policy tells apart; one class without tenants where the roster is empty.

    Costs the tenants and the names in the routes, not their product.
    """
    by_name: dict[str, list[int]] = {}
    for number, route in enumerate(policy.routes):
        for tenant_id in set(route.match.tenant or ()):
            by_name.setdefault(tenant_id, []).append(number)
    of_all = [route.match for route in policy.routes if route.match.tenant is None]
    of_kind: dict[tuple[str, str], tuple[bool, ...]] = {}
    groups: dict[tuple[object, ...], list[Tenant]] = {}
    for tenant in tenants:
        kind = (tenant.tier, tenant.business_line)
        if kind not in of_kind:
            of_kind[kind] = tuple(_takes(match, tenant) for match in of_all)
        named = tuple(n for n in by_name.get(tenant.id, ()) if _takes(policy.routes[n].match, tenant))
        key = (view.privacy_rank.get(tenant.privacy_max, -1), of_kind[kind], named)
        groups.setdefault(key, []).append(tenant)
    return tuple(tuple(group) for group in groups.values()) or ((),)


def _takes(match: Match, tenant: Tenant) -> bool:
    return (
        (match.tenant is None or tenant.id in match.tenant)
        and (match.tier is None or tenant.tier in match.tier)
        and (match.business_line is None or tenant.business_line in match.business_line)
    )


def _box(
    view: View, match: Match, classes: tuple[tuple[Tenant, ...], ...], known: Mapping[str, frozenset[str]]
) -> Box:  # fmt: skip
    levels = [level for level in view.privacy_rank if match.privacy is None or level in match.privacy]
    who: set[tuple[int, str]] = set()
    for number, members in enumerate(classes):
        if members and not _takes(match, members[0]):
            continue
        ceiling = view.privacy_rank.get(members[0].privacy_max, -1) if members else len(view.privacy_rank)
        who.update((number, level) for level in levels if view.privacy_rank[level] <= ceiling)
    values = {}
    for name in VALUES:
        given = getattr(match, name)
        values[name] = known[name] if given is None else frozenset(given) & known[name]
    ranges = {name: _range(getattr(match, name), name) for name in RANGES}
    sets = {name: frozenset(given) for name in SETS if (given := getattr(match, name)) is not None}
    return Box(frozenset(who), values, ranges, sets)


def _range(bounds: TokenBounds | MoneyBounds | None, name: str) -> Range:
    """Integers; money in 1e-6 USD. An absent budget or SLA is infinite, so only an open end holds it."""
    scale = 1_000_000 if name == "budget_usd" else 1
    low = 0 if bounds is None or bounds.min is None else int(bounds.min * scale)
    high = INFINITE if bounds is None or bounds.max is None else int(bounds.max * scale)
    return low, high


def covers(outer: Box, inner: Box) -> bool:
    """Whether every request of `inner` is in `outer`."""
    for name in VALUES:
        if not inner.values[name] <= outer.values[name]:
            return False
    return (
        inner.who <= outer.who
        and all(_within(inner.ranges[name], outer.ranges[name]) for name in RANGES)
        and all(name in inner.sets and inner.sets[name] <= outer.sets[name] for name in outer.sets)
    )


def _within(inner: Range, outer: Range) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def left_over(box: Box, earlier: Iterable[Box]) -> list[Box] | None:
    """What earlier boxes leave of a box; None where it falls into too many parts to tell."""
    parts = [box]
    for other in earlier:
        if any(name not in box.sets or not box.sets[name] <= other.sets[name] for name in other.sets):
            continue  # it takes only some of the requests, told apart by a set: it covers nothing whole
        parts = [rest for part in parts for rest in _minus(part, other)]
        if not parts:
            return []
        if len(parts) > MAX_BOXES:
            return None
    return parts


def _minus(box: Box, other: Box) -> list[Box]:
    """The parts of a box outside another one, disjoint."""
    for name in VALUES:
        if box.values[name].isdisjoint(other.values[name]):
            return [box]
    if box.who.isdisjoint(other.who) or any(_disjoint(box.ranges[n], other.ranges[n]) for n in RANGES):
        return [box]
    rest: list[Box] = []
    who, values, ranges = box.who, dict(box.values), dict(box.ranges)
    if outside := who - other.who:
        rest.append(Box(outside, dict(values), dict(ranges), box.sets))
        who &= other.who
    for name in VALUES:
        if missing := values[name] - other.values[name]:
            rest.append(Box(who, {**values, name: missing}, dict(ranges), box.sets))
            values[name] &= other.values[name]
    for name in RANGES:
        (low, high), (from_, to) = ranges[name], other.ranges[name]
        if low < from_:
            rest.append(Box(who, dict(values), {**ranges, name: (low, from_ - 1)}, box.sets))
            low = from_
        if high > to:
            rest.append(Box(who, dict(values), {**ranges, name: (to + 1, high)}, box.sets))
            high = to
        ranges[name] = (low, high)
    return rest


def _disjoint(one: Range, other: Range) -> bool:
    return one[1] < other[0] or other[1] < one[0]
