"""Proofs against dense enumeration: every question is also answered by deciding every request of a small world."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, product
from random import Random
from typing import Any

import pytest
from tests.policy.build import config, policy, provider, tenant

from pxctl.model.base import OTHER
from pxctl.model.configuration import Configuration
from pxctl.model.context import Context
from pxctl.model.decision import Decision
from pxctl.model.governance import Guarantee
from pxctl.model.project import Project
from pxctl.model.signals import EPOCH, DeploymentSignal, Signals
from pxctl.policy.bound import Bound
from pxctl.policy.compile import Compiled, compile_config
from pxctl.policy.integers import pico
from pxctl.policy.proof.audit import audit, dead_routes
from pxctl.policy.proof.claims import judge
from pxctl.policy.proof.difference import difference
from pxctl.policy.proof.search import Search
from pxctl.policy.proof.space import Space

LEVELS = ("low", "high")
TASKS = ("a", "b", OTHER)
TAGS = ("x", "y")
LANGUAGES = ("de", "und", "fr", "xx", "*")
TOKENS = (0, 3, 4, 6, 7)
PROJECT = Project.model_validate({"environments": {"production": {}}, "privacy_levels": LEVELS})


def world(rng: Random, routes: int = 5, *, bounds: bool = True) -> Configuration:
    """Three providers, two tenants, small windows: dense enough to enumerate."""
    providers = [
        provider(
            name, regions=rng.sample(["eu", "us"], rng.randint(1, 2)),
            models=[{
                "id": "m", "languages": rng.choice([["*"], ["de"], ["fr", "de"]]),
                "context_tokens": rng.choice([8, 12]),
                "price": {"input_per_mtok": rng.randint(0, 3), "output_per_mtok": rng.randint(0, 3)},
            }],
            compliance={"privacy_max": rng.choice(LEVELS)},
            status=rng.choice(["active", "active", "active", "standby"]),
            tenants=rng.choice([{}, {}, {"deny": ["one"]}, {"allow": ["tier:gold"]}]),
        )
        for name in ("p", "q", "r")
    ]  # fmt: skip
    tenants = [
        tenant("one", tier="gold", privacy_max="high", budget={"usd_per_request": rng.choice(["0.000005", "0.00002"])}),
        tenant("two", tier="free", privacy_max=rng.choice(LEVELS)),
    ]
    made = [route(rng, bounds=bounds) for _ in range(routes)]
    return config(*providers, routes=made, tenants=tenants, project=PROJECT)


def route(rng: Random, *, bounds: bool = True) -> dict[str, Any]:
    match: dict[str, Any] = {}
    for name, values in (("task_type", TASKS), ("task_tags", TAGS), ("language", ("de", OTHER)), ("privacy", LEVELS)):
        if rng.random() < 0.35:
            match[name] = rng.sample(values, rng.randint(1, len(values) - 1))
    if rng.random() < 0.3:
        match["tier"] = [rng.choice(["gold", "free"])]
    if bounds and rng.random() < 0.3:
        match["input_tokens"] = rng.choice([{"min": 4}, {"max": 3}, {"min": 3, "max": 6}])
    constraints: dict[str, Any] = {}
    if rng.random() < 0.3:
        constraints["regions"] = [rng.choice(["eu", "us"])]
    if rng.random() < 0.3:
        constraints["max_cost_usd"] = rng.choice(["0.000004", "0.00001"])
    return {
        "match": match, "constraints": constraints, "candidates": rng.sample(["p/m", "q/m", "r/m"], rng.randint(1, 3)),
        "fallbacks": rng.sample(["p/m", "q/m", "r/m"], rng.randint(0, 1)),
        "strategy": rng.choice(["listed", "cheapest"]),
    }  # fmt: skip


def requests(
    tokens: tuple[int, ...] = TOKENS, outputs: tuple[int, ...] = (0,), languages: tuple[str, ...] = LANGUAGES,
    tasks: tuple[str, ...] = ("a", "b", "unheard-of"),
) -> Iterator[Context]:  # fmt: skip
    tags = [combo for size in range(3) for combo in combinations(TAGS, size)]
    for who, level, task, tag, language, given, output in product(
        ("one", "two"), LEVELS, tasks, tags, languages, tokens, outputs
    ):
        yield Context.model_construct(
            set(Context.model_fields), **(BASE | {
                "tenant": who, "privacy": level, "task_type": task, "task_tags": tag, "language": language,
                "input_tokens": given, "output_tokens": output,
            }),
        )  # fmt: skip


BASE = Context.model_validate({"tenant": "one", "privacy": "low"}).model_dump()


def well(compiled: Compiled, down: frozenset[str] = frozenset(), only: str | None = None) -> Bound:
    """All healthy; `down` providers have open circuits; with `only` everybody else has."""
    made = {}
    for d in compiled.fleet.deployments:
        gone = d.provider in down or (only is not None and d.id != only)
        made[d.id] = DeploymentSignal(
            health=1.0, health_at=EPOCH, latency_p95_ms=1.0, circuit="open" if gone else "closed"
        )
    return compiled.bind(Signals(deployments=made))


@pytest.mark.parametrize("seed", range(40))
def test_dead_routes_and_gaps(seed: int) -> None:
    compiled = compile_config(world(Random(seed)))
    bound = well(compiled)
    taken = {(facts.route, facts.refusal) for facts in map(bound.decide, requests())}
    dead = {f"r{n}" for n in dead_routes(compiled, "default")}
    assert dead == {f"r{n}" for n in range(5)} - {name for name, _ in taken}
    report = audit(compiled)
    assert {f.route for f in report.findings if f.kind == "dead_route"} == dead
    gaps = [f for f in report.findings if f.kind == "no_route"]
    assert bool(gaps) == any(refusal == "no_route" for _, refusal in taken)
    for finding in gaps:
        assert finding.example is not None
        assert bound.decide(finding.example).refusal == "no_route"


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("claim", [{"always": {"regions": ["eu"]}}, {"never": {"providers": ["q"]}}])
def test_conditions(seed: int, claim: dict[str, Any]) -> None:
    rng = Random(seed)
    compiled = compile_config(world(rng))
    when = rng.choice([{}, {"privacy": ["high"]}, {"tier": ["gold"], "task_type": ["a"]}, {"task_tags": ["x"]}])
    result = judge(compiled, Guarantee.model_validate({"name": "g", "when": when, **claim}))
    bad = [d.id for d in compiled.fleet.deployments if (d.region != "eu" if "always" in claim else d.provider == "q")]
    alone = {name: well(compiled, only=name) for name in bad}
    broken = any(alone[name].decide(c).primary == name for c in requests() if meant(compiled, when, c) for name in bad)
    assert result.status == ("broken" if broken else "holds")
    if result.counterexample is not None:
        shown = result.counterexample
        assert meant(compiled, when, shown.context)
        again = compiled.bind(shown.signals).decide(shown.context).render()
        assert again == shown.decision
        assert shown.deployment in bad
        assert shown.deployment in (again.primary, *again.fallbacks)


def meant(compiled: Compiled, when: dict[str, Any], context: Context) -> bool:
    tier = compiled.config.tenants[context.tenant].tier
    values = {
        "privacy": [context.privacy],
        "task_type": [context.task_type],
        "tier": [tier],
        "task_tags": context.task_tags,
    }
    return all(set(values[name]) & set(wanted) for name, wanted in when.items())


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("count", [0, 1])
def test_survives(seed: int, count: int) -> None:
    compiled = compile_config(world(Random(seed), routes=3))
    claim = {
        "name": "g",
        "survives": {"providers_down": count},
        "when": {"input_tokens": {"max": 3}, "modality": ["chat"]},
    }
    result = judge(compiled, Guarantee.model_validate(claim))
    outages = [frozenset(combo) for combo in combinations(("p", "q", "r"), count)]
    bounds = [well(compiled, down) for down in outages]
    refused = [
        c for c in requests((0, 1, 2, 3), (0, 12))
        if any(f.refusal is not None and f.refusal != "privacy_ceiling" for f in (b.decide(c) for b in bounds))
    ]  # fmt: skip
    # Without a bound on output tokens the smallest count is judged, which is 0.
    small = [c for c in refused if c.output_tokens == 0]
    assert result.status == ("broken" if small else "holds")
    shown = result.counterexample
    if shown is not None and shown.down:
        down = frozenset(text.removeprefix("provider ") for text in shown.down)
        assert well(compiled, down).decide(shown.context).primary is None


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("limit", ["0.000003", "0.000006", "0.00001"])
def test_cost_at_most(seed: int, limit: str) -> None:
    compiled = compile_config(world(Random(seed), routes=3))
    claim = {"name": "g", "cost_at_most": limit, "when": {"language": ["de"], "task_type": ["a"]}}
    guarantee = Guarantee.model_validate(claim)
    result = judge(compiled, guarantee)
    alone = {d.id: well(compiled, only=d.id) for d in compiled.fleet.deployments}
    dear, most = False, pico(guarantee.cost_at_most or Decimal(0))
    for c in requests(tuple(range(13)), tuple(range(13)), languages=("de",), tasks=("a",)):
        if c.input_tokens + c.output_tokens <= 12:
            dear |= any((bound.decide(c).cost or 0) > most for bound in alone.values())
    assert result.status == ("broken" if dear else "holds")
    if result.counterexample is not None:
        assert (result.counterexample.decision.cost or 0) > most


@pytest.mark.parametrize("seed", range(30))
def test_outages(seed: int) -> None:
    compiled = compile_config(world(Random(seed), routes=3, bounds=False))
    usual = well(compiled)
    found = {(o.route, o.down) for o in audit(compiled).outages}
    fatal: set[tuple[str | None, tuple[str, ...]]] = set()
    for size in (1, 2):
        for down in combinations(("p", "q", "r"), size):
            bound = well(compiled, frozenset(down))
            for c in requests((0,)):
                served = usual.decide(c)
                if served.primary and bound.decide(c).primary is None:
                    fatal.add((served.route, down))
    singles = {(r, d[0]) for r, d in fatal if len(d) == 1}
    fatal = {(r, d) for r, d in fatal if len(d) == 1 or not any((r, name) in singles for name in d)}
    assert found == fatal


@pytest.mark.parametrize("seed", range(60))
def test_difference(seed: int) -> None:
    rng = Random(seed)
    old = world(rng)
    new = changed(rng, old)
    before, after = compile_config(old), compile_config(new)
    result = difference(before, after)
    pairs_seen = set()
    for signals in (well(before).signals, Signals()):
        one, other = before.bind(signals), after.bind(signals)
        for c in requests(TOKENS, (0, 5)):
            was, now = one.decide(c), other.decide(c)
            if (was.primary, was.fallbacks, was.refusal, was.cost) != (
                now.primary,
                now.fallbacks,
                now.refusal,
                now.cost,
            ):
                pairs_seen.add((was.route, now.route))
    reported = {(c.route_before, c.route_after) for c in result.changes}
    assert pairs_seen <= reported
    assert not (result.unchanged and pairs_seen)
    for change in result.changes:
        if change.certain:
            assert change.example is not None
            assert change.signals is not None
            assert outcome(before.bind(change.signals).decide(change.example).render()) != outcome(
                after.bind(change.signals).decide(change.example).render()
            )


def outcome(decision: Decision) -> tuple[Any, ...]:
    fields = ("primary", "fallbacks", "refusal", "cost", "cost_basis", "degraded", "from_fallbacks", "safe_mode")
    return tuple(getattr(decision, name) for name in fields)


def changed(rng: Random, old: Configuration) -> Configuration:
    """One edit: a route changed, moved, added or removed; or a provider; or a tenant; or nothing that matters."""
    routes = list(old.policies["default"].routes)
    kind = rng.randrange(7)
    if kind == 0:
        routes.insert(rng.randrange(len(routes)), routes.pop(rng.randrange(len(routes))))
    elif kind == 1:
        del routes[rng.randrange(len(routes))]
    elif kind in (2, 3):
        other = policy("default", [route(rng)]).routes[0]
        place = rng.randrange(len(routes))
        routes[place] = other.model_copy(update={"name": routes[place].name})
    elif kind == 4:
        name = rng.choice(["p", "q", "r"])
        edits = [{"status": "standby"}, {"priority": 3}, {"display_name": "new"}, {"enabled": False}]
        return dataclasses.replace(
            old, providers={**old.providers, name: old.providers[name].model_copy(update=rng.choice(edits))}
        )
    elif kind == 5:
        edit = rng.choice([{"tier": "gold"}, {"privacy_max": "low"}, {"display_name": "Two"}])
        return dataclasses.replace(old, tenants={**old.tenants, "two": old.tenants["two"].model_copy(update=edit)})
    made = old.policies["default"].model_copy(update={"routes": tuple(routes)})
    return dataclasses.replace(old, policies={"default": made})


@pytest.mark.parametrize("seed", range(25))
def test_z3_agrees_on_dead_routes(seed: int) -> None:
    z3 = pytest.importorskip("z3", reason="z3-solver is not installed")
    compiled = compile_config(world(Random(seed), routes=8))
    space = Space(compiled, compiled.policy("default"))
    search = Search.of(space)
    cells = [z3.BitVec(f"d{i}", 8) for i in range(len(space.cells))]
    known = z3.And(*(z3.ULT(x, len(some)) for x, some in zip(cells, space.cells, strict=True)))

    def matches(entry: int) -> Any:
        return z3.And(*(
            z3.Or(*(x == i for i, cell in enumerate(some) if cell.mask >> entry & 1))
            for x, some in zip(cells, space.cells, strict=True)
        ))  # fmt: skip

    for entry in range(space.first, space.entries):
        solver = z3.Solver()
        solver.add(known, matches(entry), *(z3.Not(matches(earlier)) for earlier in range(entry)))
        assert (solver.check() == z3.sat) == (search.takes(space.everything, entry) is not None)


def test_policies_of_more_than_400_routes_are_examined_whole() -> None:
    """Outages, refusals and what is left are found wherever they stand; of so many routes the tightest chain each."""
    names = [f"task-{n}" for n in range(450)]
    routes = [
        {"match": {"task_type": [name], "modality": ["chat"]}, "candidates": ["p/m", "q/m"] if n != 444 else ["q/m"]}
        for n, name in enumerate(names)
    ]  # fmt: skip
    report = audit(compile_config(config(provider("p"), provider("q"), routes=routes)))
    assert not report.limits
    singles = [(outage.route, outage.down) for outage in report.outages if len(outage.down) == 1]
    assert singles == [("r444", ("q",))]
    assert len([outage for outage in report.outages if outage.down == ("p", "q")]) == 449
    assert len(report.chains) == 449  # of r444 nothing is left
    assert [finding.kind for finding in report.findings] == ["no_route"]
