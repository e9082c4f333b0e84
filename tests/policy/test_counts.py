"""Counts over all requests: by enumeration, kind by kind, and by requests that are decided otherwise."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.policy import generate
from tests.policy.test_proof import changed, world

from pxctl.model.base import MODALITIES
from pxctl.model.configuration import Configuration
from pxctl.model.context import Context
from pxctl.model.routing import Route
from pxctl.policy.bound import Bound
from pxctl.policy.compile import Compiled, compile_config
from pxctl.policy.proof.difference import _decisions, difference, outcome
from pxctl.policy.proof.joint import AMOUNTS, Joint, pairs
from pxctl.policy.proof.kinds import Kinds
from pxctl.policy.proof.parts import Sequences
from pxctl.policy.proof.space import DIMENSIONS, Box

DENSE = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
Names = tuple[str, str]


def joints(old: Compiled, new: Compiled) -> Iterator[Joint]:
    for pair in pairs(old, new, [name for name in old.config.tenants if name in new.config.tenants]):
        if pair.before is not None and pair.after is not None:
            yield Joint(old, new, pair)


def label(joint: Joint, first: int, second: int) -> Names:
    sides = ((joint.before, first), (joint.after, second))
    one, other = (side.name(entry) or side.kind(entry) for side, entry in sides)
    return one, other


# ---- kinds as docs/plan.md defines them, from the files alone


def named(config: Configuration, dimension: str) -> set[str]:
    routes = [route for policy in config.policies.values() for route in policy.routes]
    found = {value for route in routes for value in getattr(route.match, dimension) or ()}
    specs = [spec for provider in config.providers.values() for spec in provider.models]
    if dimension == "language":
        found |= {"und"}.union(*(spec.languages for spec in specs))
    if dimension == "features":
        found |= set().union(*(spec.capabilities for spec in specs))
    return found | {t.region for t in config.tenants.values()} if dimension == "region" else found


def kinds_of(old: Configuration, new: Configuration) -> Iterator[Context]:
    """One request of every kind: the smallest amounts of each range."""
    values: dict[str, Any] = {
        "tenant": sorted(set(old.tenants) & set(new.tenants)),
        "privacy": sorted(set(old.project.privacy_levels) & set(new.project.privacy_levels)),
        "modality": list(MODALITIES),
        "risk_level": ["low", "medium", "high"],
    }
    for name in ("task_type", "language", "region"):
        values[name] = [*sorted(named(old, name) | named(new, name)), "unheard-of"]
    for name in ("task_tags", "features"):
        known = named(old, name) | named(new, name)
        routed = {
            value for config in (old, new) for route in config.policies["default"].routes
            for value in getattr(route.match, name) or ()
        }  # fmt: skip
        double = sorted(routed | (named(old, name) ^ named(new, name)))
        couples = [(a, b) for i, a in enumerate(double) for b in double[i + 1 :]]
        values[name] = [(), *((value,) for value in sorted(known)), ("unheard-of",), *couples]
    for name in ("input_tokens", "output_tokens"):
        starts = {0}
        for side in (old, new):
            for route in side.policies["default"].routes:
                bounds = getattr(route.match, name)
                starts |= {bounds.min or 0} if bounds else set()
                starts |= {bounds.max + 1} if bounds and bounds.max is not None else set()
        values[name] = sorted(starts)
    base = Context.model_validate({"tenant": "one", "privacy": "low"}).model_dump()
    for fields in product(*values.values()):
        yield Context.model_construct(set(base), **(base | dict(zip(values, fields, strict=True))))


def taken(bound: Bound, context: Context) -> str:
    facts = bound.decide(context)
    if facts.route is not None:
        return facts.route
    return "none" if facts.refusal == "no_route" else "ceiling"


@DENSE
@given(st.randoms(use_true_random=False))
def test_every_kind_is_in_one_part(rng: Random) -> None:
    """The parts of the whole space, by the routes before and after, are those of every kind decided by itself."""
    old = world(rng)
    new = changed(rng, old) if rng.random() < 0.5 else world(rng, routes=4)
    new = dataclasses.replace(new, tenants=old.tenants)
    before, after = compile_config(old), compile_config(new)
    one, other = before.bind(generate.signals(rng, old)), after.bind(generate.signals(rng, new))
    dense = Counter((taken(one, context), taken(other, context)) for context in kinds_of(old, new))
    (joint,) = joints(before, after)
    counted: Counter[Names] = Counter()
    for part, first, second in Sequences(joint).all():
        counted[label(joint, first, second)] += joint.size(part)
    assert counted == dense
    assert joint.size(joint.everything) == dense.total()
    result = difference(before, after)
    assert result.kinds == dense.total()
    assert result.counted
    for change in result.changes:
        names = change.route_before or "-", change.route_after or "-"
        assert change.kinds <= sum(n for key, n in dense.items() if refused(key) == names)
    assert result.kinds_changed == sum(change.kinds for change in result.changes)


def refused(names: Names) -> Names:
    one, other = ("-" if name in ("none", "ceiling") else name for name in names)
    return one, other


# ---- groups: counted together as one by one, and shown by a request


def edited(rng: Random, config: Configuration) -> Configuration:
    """One edit anywhere: a route, weights, limits, safe mode, a provider, a tenant, ceilings, thresholds."""
    policy, names = config.policies["default"], list(config.tenants)
    routes = list(policy.routes)
    i, kind = rng.randrange(len(routes)), rng.randrange(8)
    if kind == 0:
        routes[i] = Route.model_validate(generate.route(rng, routes[i].name, config.providers, names, 0.2))
    elif kind == 1:
        routes.insert(rng.randrange(len(routes)), routes.pop(i))
    elif kind == 2:
        routes[i] = routes[i].model_copy(update={"max_fallbacks": rng.choice((0, 1, 2, 20))})
    elif kind == 3:
        allowed = generate.policy(rng, "x", config.providers, names).safe_mode
        return _with_policy(config, policy.model_copy(update={"safe_mode": allowed}))
    elif kind == 4:
        name = rng.choice(list(config.providers))
        provider = generate.provider(rng, name, names)
        return dataclasses.replace(config, providers={**config.providers, name: provider})
    elif kind == 5:
        name = rng.choice(names)
        return dataclasses.replace(config, tenants={**config.tenants, name: generate.tenant(rng, name)})
    elif kind == 6:
        other = generate.configuration(rng)
        return dataclasses.replace(config, catalogue=other.catalogue)
    else:
        limits = config.project.thresholds.model_copy(
            update=rng.choice(({"health_fresh": "1m"}, {"quote_fresh": "2m"}))
        )
        return dataclasses.replace(config, project=config.project.model_copy(update={"thresholds": limits}))
    return _with_policy(config, policy.model_copy(update={"routes": tuple(routes)}))


def _with_policy(config: Configuration, policy: Any) -> Configuration:
    return dataclasses.replace(config, policies={**config.policies, "default": policy})


def single_cells(joint: Joint, part: Box, limit: int) -> list[Box]:
    places = [[1 << i for i in joint.chosen(part, place)] for place in range(len(part))]
    count = 1
    for cells in places:
        count *= len(cells)
    return [] if count > limit else list(product(*places))


@MANY
@given(st.randoms(use_true_random=False))
def test_a_part_counts_as_its_cells_do_one_by_one(rng: Random) -> None:
    old = world(rng)
    before, after = compile_config(old), compile_config(changed(rng, old))
    for joint in joints(before, after):
        kinds, left = Kinds(joint), 2_000
        for part, first, second in Sequences(joint).changed():
            cells = single_cells(joint, part, left)
            left -= len(cells)
            if not cells:
                continue
            assert sum(group.count for group in kinds.groups(part, first, second)) == joint.size(part)
            whole = sum(group.count for group in kinds.differing(part, first, second))
            singly = sum(group.count for cell in cells for group in kinds.differing(cell, first, second))
            assert whole == singly


@MANY
@given(st.randoms(use_true_random=False))
def test_every_counted_group_is_shown_by_a_request(rng: Random) -> None:
    """Nothing is counted that no request notices: every group has one that is decided otherwise."""
    old = world(rng)
    before, after = compile_config(old), compile_config(changed(rng, old))
    for joint in joints(before, after):
        kinds = Kinds(joint)
        for part, first, second in Sequences(joint).changed():
            for group in list(kinds.differing(part, first, second))[:4]:
                seen = (outcome(was) != outcome(now) for _, _, was, now in _decisions(joint, group, first, second))
                assert any(seen), (joint.before.name(first), joint.after.name(second), group)


def cell_of(joint: Joint, context: Context) -> Box | None:
    """The cell that a request is in; None where it has more tags or features than the cells hold."""
    home = joint.before.seat(context.tenant).tenant.region
    places = []
    for name, values in zip(DIMENSIONS, joint.values, strict=True):
        asked: Any = home if name == "region" and context.region is None else getattr(context, name)
        if name in AMOUNTS:
            amount = asked if name != "budget_usd" or asked is None else int(asked.scaleb(12))
            found = [i for i, v in enumerate(values) if (v.absent if amount is None else v.low <= amount <= v.high)]
        else:
            masks = [joint._masks(name, value) for value in values]
            key = joint._masks(name, asked) if name != "tenant" else (
                joint.before.mask(name, asked), joint.after.mask(name, asked)
            )  # fmt: skip
            sort = joint._sort(name, asked)
            sorts = [joint._sort(name, value) for value in values]
            found = [i for i in range(len(values)) if (masks[i], sorts[i]) == (key, sort)]
        if not found:
            return None
        places.append(1 << found[0])
    return tuple(places)


@pytest.mark.parametrize("seed", range(60))
def test_requests_that_are_decided_otherwise_are_counted(seed: int) -> None:
    """Random requests under random signals: one that is decided otherwise stands in a cell that is counted."""
    assert_counted(Random(seed), requests=150)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(400))
def test_soak_requests_that_are_decided_otherwise_are_counted(seed: int) -> None:
    assert_counted(Random(1_000 + seed), requests=1_000)


def assert_counted(rng: Random, requests: int) -> None:
    old = generate.configuration(rng)
    new = edited(rng, old)
    before = compile_config(old, withheld=generate.withheld(rng, old))
    after = compile_config(new, withheld=generate.withheld(rng, new))
    for joint in joints(before, after):
        if joint.pair.homes is not None:
            continue
        kinds, sequences = Kinds(joint), Sequences(joint)
        names = joint.pair.tenants
        for _ in range(requests):
            signals = generate.signals(rng, old)
            context = generate.context(rng, old, names)
            if context.privacy == "nonsense" or context.tenant == "stranger":
                continue
            was, now = before.bind(signals).decide(context), after.bind(signals).decide(context)
            if outcome(was) == outcome(now) or (cell := cell_of(joint, context)) is None:
                continue
            ((_, first),) = sequences.before.leaves(cell, -1)
            ((_, second),) = sequences.after.leaves(cell, -1)
            assert (joint.before.name(first), joint.after.name(second)) == (was.route, now.route)
            assert list(kinds.differing(cell, first, second)), (context, signals)


def test_a_count_that_is_given_up_is_a_lower_bound() -> None:
    rng = Random(3)
    old, new = world(rng), world(rng, routes=4)
    before, after = compile_config(old), compile_config(dataclasses.replace(new, tenants=old.tenants))
    whole = difference(before, after)
    assert whole.counted
    assert whole.kinds_changed > 0
    last = 0
    for nodes in (1, 5, 20, 60):
        part = difference(before, after, nodes=nodes)
        assert not part.unchanged
        assert part.kinds == whole.kinds
        assert last <= part.kinds_changed <= whole.kinds_changed
        assert part.counted == (not part.limits)
        last = part.kinds_changed
    assert not difference(before, after, nodes=1).counted


@MANY
@given(st.randoms(use_true_random=False))
def test_what_is_left_out_has_nothing_to_count(rng: Random) -> None:
    """Parts that are skipped are alike, and no kind is counted twice: the sums over the whole space."""
    old = world(rng)
    new = (
        changed(rng, changed(rng, old)) if rng.random() < 0.7 else dataclasses.replace(world(rng), tenants=old.tenants)
    )
    before, after = compile_config(old), compile_config(new)
    counted: Counter[tuple[str | None, str | None]] = Counter()
    for joint in joints(before, after):
        kinds = Kinds(joint)
        for part, first, second in Sequences(joint).all():
            count = sum(group.count for group in kinds.differing(part, first, second))
            counted[joint.before.name(first), joint.after.name(second)] += count
    made = {(change.route_before, change.route_after): change.kinds for change in difference(before, after).changes}
    assert made == {key: count for key, count in counted.items() if count}
