"""Compiling: expansion, weights, what is remembered, and which questions are refused."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.build import config, context, provider, tenant

from pxctl.core.errors import ContextError
from pxctl.model.signals import SafeMode, Signals
from pxctl.policy.compile import compile_config, decide, expand
from pxctl.policy.integers import MASK64, microseconds, millionths, mix, odd64, row_key, splitmix64
from pxctl.policy.neglog import NEGLOG
from pxctl.policy.plan import make_split

NOTHING = Signals()


def test_neglog_is_what_decimal_arithmetic_makes() -> None:
    with localcontext() as exact:
        exact.prec = 50
        made = [-((Decimal(i) + Decimal("0.5")) / 4096).ln() * 2**20 for i in range(4096)]
        assert tuple(int(x.to_integral_value(ROUND_HALF_EVEN)) for x in made) == NEGLOG


def test_expand_goes_by_file_order() -> None:
    here = config(
        provider("a", regions=("us", "eu"), models=("m", "n"), default_model="n", fallback_models=("gone", "m", "n")),
        routes=[{"candidates": ["a/m"]}],
    )
    assert expand(here, "a/m") == ["a/m@us", "a/m@eu"]
    assert expand(here, "a/m@eu") == ["a/m@eu"]
    assert expand(here, "a/m@mars") == []
    assert expand(here, "a") == ["a/n@us", "a/n@eu", "a/m@us", "a/m@eu", "a/n@us", "a/n@eu"]
    assert expand(here, "b") == expand(here, "a/x") == []
    with pytest.raises(ValueError, match="provider/model"):
        expand(here, "a/")


def test_a_provider_without_default_model_expands_to_nothing() -> None:
    here = config(provider("a", fallback_models=("m",)), routes=[{"candidates": ["a/m"]}])
    assert expand(here, "a") == []


def test_the_first_mention_wins_and_weights_are_split_before_repeats_go() -> None:
    here = config(
        provider("a", regions=("us", "eu")),
        routes=[{"candidates": [{"deployment": "a/m@eu", "weight": 7}, {"deployment": "a/m", "weight": 100}]}],
    )
    plan = compile_config(here).policy("default").plan(0, None)
    assert [d.id for d in plan.candidates] == ["a/m@eu", "a/m@us"]
    assert plan.units == (7 * 5040, 100 * 5040 // 2)


def test_tenants_and_policies_that_do_not_exist_are_errors() -> None:
    here = config(
        provider("a"), routes=[{"candidates": ["a/m"]}], tenants=[tenant("acme"), tenant("lost", policy="gone")]
    )
    bound = compile_config(here).bind(NOTHING)
    with pytest.raises(ContextError, match="no tenant `nobody`"):
        bound.decide(context(tenant="nobody"))
    with pytest.raises(ContextError, match="no policy `gone`"):
        bound.decide(context(tenant="lost"))
    with pytest.raises(ContextError, match="`secret` is not a privacy level"):
        bound.decide(context(privacy="secret"))


def test_versions_and_source_are_shown() -> None:
    here = config(provider("a"), routes=[{"candidates": ["a/m"]}])
    compiled = compile_config(here, versions={"default": "policies/default@12"}, source="c" * 40)
    decision = decide(compiled, context(trace_id="t-1"), NOTHING)
    assert (decision.policy_version, decision.source, decision.trace_id) == ("policies/default@12", "c" * 40, "t-1")


def test_withheld_is_by_tenant() -> None:
    here = config(provider("a"), routes=[{"candidates": ["a/m"]}], tenants=[tenant("acme"), tenant("other")])
    bound = compile_config(here, withheld={"acme": frozenset({"a", "unheard-of"})}).bind(NOTHING)
    assert bound.decide(context(tenant="acme")).render().candidates[0].reason == "not_released"
    assert bound.decide(context(tenant="other")).primary == "a/m@eu"


def test_routes_are_made_when_a_request_first_takes_them() -> None:
    routes = [{"match": {"task_type": [f"t{i}"]}, "candidates": ["a/m"]} for i in range(50)]
    bound = compile_config(config(provider("a"), routes=routes)).bind(NOTHING)
    bound.decide(context(task_type="t7"))
    assert [number for number, run in enumerate(bound.router("default").runs) if run is not None] == [7]


def test_safe_mode_without_a_block_allows_nothing() -> None:
    here = config(provider("a"), routes=[{"candidates": ["a/m"]}])
    for safe in (SafeMode(environment=True), SafeMode(business_lines=frozenset({"line"})),
                 SafeMode(tenants=frozenset({"acme"}))):  # fmt: skip
        decision = decide(compile_config(here), context(), Signals(safe_mode=safe))
        assert decision.safe_mode
        assert decision.candidates[0].reason == "safe_mode"


def test_shares_are_exact_buckets() -> None:
    route = {"candidates": ["a/m"], "experiment": {"name": "e", "arms": {"x": {"share": 0.07}, "y": {"share": "33.3"}}}}
    here = config(provider("a"), routes=[route])
    experiment = here.policies["default"].routes[0].experiment
    assert experiment is not None
    split = make_split("default", experiment)
    assert split.ends == (7, 3337)
    assert [split.arm(place) for place in (0, 6, 7, 3336, 3337, 9999)] == ["x", "x", "y", "y", "control", "control"]
    assert split.seed == "experiment/default/e"


@given(st.integers(0, MASK64), st.text())
def test_mixing_stays_in_64_bits(key: int, text: str) -> None:
    assert 0 <= mix(key, odd64(text)) <= MASK64
    assert odd64(text) & 1


def test_splitmix_is_the_published_one() -> None:
    """First outputs of the reference generator for seed 1234567 (Vigna, splitmix64.c): state advances by the gamma."""
    gamma, state = 0x9E3779B97F4A7C15, 1234567
    wanted = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [splitmix64((state + i * gamma) & MASK64) for i in range(3)] == wanted
    assert row_key(0, 0) == splitmix64(0)


def test_numbers_round_half_up_and_latency_is_capped() -> None:
    assert (millionths(0.5), millionths(1.0), millionths(0.9999996)) == (500_000, 1_000_000, 1_000_000)
    assert microseconds(0.0005) == 1
    assert microseconds(float("inf")) == microseconds(1e300) == 1 << 53
