"""Deciding, case by case: one test for each thing that a user is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy import generate
from tests.policy.build import config, context, provider, tenant

from pxctl.core.errors import ContextError
from pxctl.model.configuration import Configuration
from pxctl.model.decision import Decision
from pxctl.model.signals import DeploymentSignal, Signals
from pxctl.policy.compile import compile_config, decide

NOW = datetime(2026, 11, 1, 10, tzinfo=UTC)


def signals(**deployments: dict[str, Any]) -> Signals:
    """`signals(a={"health": 0.5})` is about `a/m@eu`, measured now."""
    made = {
        f"{name}/m@eu": DeploymentSignal.model_validate({"health_at": NOW, **fields})
        for name, fields in deployments.items()
    }
    return Signals(now=NOW, deployments=made)


def ask(here: Configuration, known: Signals | None = None, **fields: Any) -> Decision:
    return decide(compile_config(here), context(**fields), known or Signals(now=NOW))


def trio(**route: Any) -> Configuration:
    return config(
        provider("a"),
        provider("b"),
        provider("c"),
        routes=[{"candidates": ["a/m", "b/m"], "fallbacks": ["c/m"], **route}],
    )


def chain(decision: Decision) -> list[str]:
    return [name.partition("/")[0] for name in (decision.primary or "", *decision.fallbacks) if name]


def reason(decision: Decision) -> str | None:
    return decision.candidates[0].reason


def test_the_first_route_wins_and_fallbacks_come_last() -> None:
    here = config(
        provider("a"), provider("b"), provider("c"),
        routes=[
            {"match": {"task_type": ["x"]}, "candidates": ["b/m"]},
            {"candidates": ["a/m", "b/m"], "fallbacks": ["c/m"]},
        ],
    )  # fmt: skip
    assert (ask(here, task_type="x").route, chain(ask(here, task_type="x"))) == ("r0", ["b"])
    assert (ask(here).route, chain(ask(here))) == ("r1", ["a", "b", "c"])


@pytest.mark.parametrize(
    ("candidate", "request_", "known", "wanted"),
    [
        ({"enabled": False}, {}, {}, "disabled"),
        ({"status": "standby"}, {}, {}, "disabled"),
        ({"tenants": {"deny": ["tier:gold"]}}, {}, {}, "tenant_denied"),
        ({"tenants": {"allow": ["business_line:x"]}}, {}, {}, "tenant_denied"),
        ({"secret_policy": "required"}, {}, {}, "no_credential"),
        ({}, {"modality": "vision"}, {}, "modality"),
        ({}, {"features": ["tools"]}, {}, "missing_capability"),
        ({"models": [{"id": "m", "languages": ["de"]}]}, {"language": "EN_us"}, {}, "language"),
        ({"compliance": {"privacy_max": "public"}}, {}, {}, "privacy"),
        ({"compliance": {}}, {}, {}, "privacy"),
        ({"compliance": {"privacy_max": "restricted", "data_regions": ["us"]}}, {}, {}, "region"),
        ({"models": [{"id": "m", "context_tokens": 9}]}, {"input_tokens": 6, "output_tokens": 4}, {}, "context_window"),
        ({"models": [{"id": "m", "max_output_tokens": 4}]}, {"output_tokens": 5}, {}, "context_window"),
        ({}, {}, {"quota_requests": 0}, "quota"),
        ({}, {"input_tokens": 2}, {"quota_tokens": 1}, "quota"),
        ({}, {}, {"circuit": "open"}, "circuit_open"),
        ({}, {"sla_ms": 100}, {"latency_p95_ms": 100.1}, "latency"),
        ({}, {"sla_ms": 100}, {}, "latency"),
        ({}, {"input_tokens": 2, "budget_usd": "0.000001"}, {}, "budget"),
    ],
)  # fmt: skip
def test_each_reason(candidate: Any, request_: Any, known: Any, wanted: str) -> None:
    here = config(provider("a", **candidate), routes=[{"candidates": ["a/m"]}])
    refused = ask(here, signals(a=known), **request_)
    assert (refused.primary, refused.refusal, reason(refused)) == (None, "no_candidate", wanted)


@pytest.mark.parametrize(
    ("request_", "known"),
    [
        ({"sla_ms": 100}, {"latency_p95_ms": 100}),
        ({"input_tokens": 1, "budget_usd": "0.000001"}, {}),
        ({}, {"circuit": "half_open"}),
        ({"input_tokens": 1}, {"quota_tokens": 1}),
    ],
)
def test_bounds_are_inclusive(request_: Any, known: Any) -> None:
    assert ask(config(provider("a"), routes=[{"candidates": ["a/m"]}]), signals(a=known), **request_).primary


def test_unknown_values_count_as_other_and_absent_ones_match_little() -> None:
    here = config(
        provider("a"), provider("b"), provider("c"),
        routes=[
            {"match": {"task_type": ["other"]}, "candidates": ["a/m"]},
            {"match": {"language": ["und"]}, "candidates": ["b/m"]},
            {"match": {"task_type": ["known"]}, "candidates": ["c/m"]},
        ],
    )  # fmt: skip
    assert chain(ask(here, task_type="never-heard-of")) == ["a"]
    assert chain(ask(here)) == ["a"]
    assert chain(ask(here, task_type="known")) == ["b"]
    assert chain(ask(here, task_type="known", language="de")) == ["c"]


def test_no_route_and_privacy_ceiling() -> None:
    here = config(
        provider("a"), routes=[{"match": {"tier": ["free"]}, "candidates": ["a/m"]}],
        tenants=[tenant(), tenant("low", privacy_max="public"), tenant("odd", privacy_max="cosmic")],
    )  # fmt: skip
    assert ask(here).refusal == "no_route"
    assert ask(here, tenant="low").refusal == "privacy_ceiling"
    assert ask(here, tenant="odd", privacy="public").refusal == "privacy_ceiling"


def test_a_fallback_skips_health_and_latency_alone() -> None:
    here = trio(constraints={"min_health": 0.9, "max_latency_ms": 10, "max_cost_usd": "0.000001"})
    weak = {"health": 0.1, "latency_p95_ms": 1000}
    decision = ask(here, signals(a=weak, b=weak, c=weak), input_tokens=1)
    assert (chain(decision), decision.from_fallbacks, reason(decision)) == (["c"], True, "health")
    assert ask(here, signals(a=weak, b=weak, c=weak), input_tokens=2).refusal == "no_candidate"


def test_a_standby_serves_as_fallback() -> None:
    here = config(provider("a", status="disabled"), provider("b", status="standby"),
                  routes=[{"candidates": ["a/m", "b/m"], "fallbacks": ["b/m"]}])  # fmt: skip
    decision = ask(here)
    assert (decision.primary, decision.from_fallbacks, decision.candidates[1].reason) == ("b/m@eu", True, "disabled")


@pytest.mark.parametrize(("most", "wanted"), [(0, ["a"]), (1, ["a", "b"]), (9, ["a", "b", "c"])])
def test_max_fallbacks_cuts(most: int, wanted: list[str]) -> None:
    assert chain(ask(trio(max_fallbacks=most))) == wanted


def test_health_ages_through_three_classes() -> None:
    old = {"health": 1.0, "health_at": NOW - timedelta(minutes=5, microseconds=1)}
    here = trio(strategy="priority")
    assert chain(ask(here, signals(a=old, b={"health": 0.2}))) == ["b", "a", "c"]
    assert not ask(here, signals(a=old, b={"health": 0.2})).degraded
    assert chain(ask(here, signals(a=old))) == ["a", "b", "c"]
    decision = ask(here, signals(a=old))
    assert decision.degraded
    assert decision.candidates[0].stale_health
    edge = {"health": 1.0, "health_at": NOW - timedelta(minutes=5)}
    assert not ask(here, signals(a=edge)).degraded


def test_a_quote_counts_while_fresh_and_a_missing_price_is_never_zero() -> None:
    here = config(provider("a", models=[{"id": "m"}]), routes=[{"candidates": ["a/m"]}])
    assert (ask(here, input_tokens=1).cost, ask(here).cost_basis) == (200 * 10**6, "ceiling")
    quote = {"quote": {"input_per_mtok": 0}, "quote_at": NOW - timedelta(hours=1)}
    fresh = ask(here, signals(a=quote), input_tokens=1)
    assert (fresh.cost, fresh.cost_basis) == (0, "quote")
    stale = {**quote, "quote_at": NOW - timedelta(hours=1, microseconds=1)}
    assert ask(here, signals(a=stale), input_tokens=1).cost_basis == "ceiling"


def test_cached_tokens_have_their_own_price() -> None:
    priced = {"id": "m", "price": {"input_per_mtok": 10, "cached_input_per_mtok": 1, "output_per_mtok": 100}}
    here = config(provider("a", models=[priced]), routes=[{"candidates": ["a/m"]}])
    assert ask(here, input_tokens=5, cached_input_tokens=2, output_tokens=1).cost == (3 * 10 + 2 * 1 + 100) * 10**6


STRATEGIES = ("listed", "priority", "weighted", "cheapest", "fastest", {"balanced": {"cost": 1.0, "latency": 0.5}})


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_trace_ranks_as_the_chain_goes(strategy: Any) -> None:
    names = [f"p{i}" for i in range(7)]
    here = config(
        *(provider(n) for n in names), routes=[{"candidates": [f"{n}/m" for n in names], "strategy": strategy}]
    )
    known = signals(**{n: {"health": 0.9, "latency_p95_ms": (i * 37) % 11} for i, n in enumerate(names)})
    decision = ask(here, known, trace_id="abc", input_tokens=10)
    ranked = sorted((e for e in decision.candidates if e.kept), key=lambda e: e.rank or 0)
    assert [e.rank for e in ranked] == list(range(7))
    assert [e.score for e in ranked] == sorted(e.score or 0 for e in ranked)
    assert [decision.primary, *decision.fallbacks] == [e.deployment for e in ranked[:4]]


@settings(max_examples=40)
@given(st.lists(st.integers(1, 20), min_size=2, max_size=5), st.integers(0, 2**32))
def test_weights_are_shares(weights: Sequence[int], salt: int) -> None:
    names = [f"p{i}" for i in range(len(weights))]
    route = {
        "strategy": "weighted",
        "candidates": [{"deployment": f"{n}/m", "weight": w} for n, w in zip(names, weights, strict=True)],
    }
    bound = compile_config(config(*(provider(n) for n in names), routes=[route])).bind(Signals())
    counts = dict.fromkeys(names, 0)
    for i in range(2000):
        primary = bound.decide(context(trace_id=f"{salt}-{i}")).primary or ""
        counts[primary.partition("/")[0]] += 1
    for name, weight in zip(names, weights, strict=True):
        share = weight / sum(weights)
        assert abs(counts[name] / 2000 - share) < 6 * (share * (1 - share) / 2000) ** 0.5 + 0.01


def test_weighted_removal_moves_only_the_removed_share() -> None:
    names = ["a", "b", "c", "d"]
    route = {"strategy": "weighted", "candidates": [f"{n}/m" for n in names]}
    all_ = compile_config(config(*(provider(n) for n in names), routes=[route])).bind(Signals())
    less = compile_config(config(*(provider(n, enabled=n != "b") for n in names), routes=[route])).bind(Signals())
    for i in range(500):
        asked = context(trace_id=str(i))
        before, after = all_.decide(asked).primary, less.decide(asked).primary
        assert before == after or before == "b/m@eu"


def test_facts_say_what_the_decision_says() -> None:
    bound = compile_config(trio()).bind(signals(a={"health": 1.0, "health_at": NOW - timedelta(days=1)}))
    facts = bound.decide(context(input_tokens=3))
    decision = facts.render()
    for name in ("primary", "fallbacks", "refusal", "route", "arm", "policy", "safe_mode", "from_fallbacks", "degraded",
                 "cost", "cost_basis"):  # fmt: skip
        assert getattr(facts, name) == getattr(decision, name), name
    assert facts.as_dict() == decision.model_dump()
    assert Decision.model_validate(decision.model_dump()) == decision


def test_a_dear_request_is_still_exact() -> None:
    priced = {"id": "m", "price": {"input_per_mtok": "999999999999.999999", "output_per_mtok": 1}}
    here = config(
        provider("a", models=[priced]), provider("b"), routes=[{"candidates": ["a/m", "b/m"], "strategy": "cheapest"}]
    )
    decision = ask(here, input_tokens=10**9, output_tokens=1)
    assert decision.primary == "b/m@eu"
    assert decision.candidates[0].cost == 10**9 * 999_999_999_999_999_999 + 10**6


@pytest.mark.parametrize("seed", range(40))
def test_the_record_holds_the_whole_trace(seed: int) -> None:
    rng = Random(seed)
    here = generate.configuration(rng)
    bound = compile_config(here, withheld=generate.withheld(rng, here)).bind(generate.signals(rng, here))
    for _ in range(25):
        try:
            facts = bound.decide(generate.context(rng, here, tuple(here.tenants)))
        except ContextError:
            continue
        decision, record = facts.render(), facts.record()
        assert all(record[name] == value for name, value in facts.as_dict().items() if name in record)
        if decision.route is None:
            continue
        ranked = sorted((e for e in decision.candidates if e.kept), key=lambda e: e.rank or 0)
        assert record["kept"] == [(e.deployment, e.score, e.cost, e.cost_basis) for e in ranked]
        for name, entries in (("excluded", decision.candidates), ("fallbacks_excluded", decision.listed_fallbacks)):
            by_reason = {(e.deployment, str(e.reason)) for e in entries if not e.kept}
            assert {(d, reason) for reason, names in record[name].items() for d in names} == by_reason
        over = {e.deployment: e.cost for e in decision.candidates if e.reason == "budget"}
        assert record.get("over_budget", {}) == over
        spare = {(e.deployment, e.cost, e.cost_basis) for e in decision.listed_fallbacks if e.kept}
        assert set(record["fallbacks_kept"]) == spare
