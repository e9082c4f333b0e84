"""What flags do to tenants: providers withheld, one provider only, safe mode, thresholds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxctl.app.flows.flag_evaluator import FlagEvaluator
from pxctl.app.flows.flags import Threshold, degraded_providers, evaluate_flags
from pxctl.core.bucketing import TOTAL, bucket
from pxctl.core.errors import ConfigError
from pxctl.model.configuration import Configuration
from pxctl.model.context import Context
from pxctl.model.decision import Reason
from pxctl.model.governance import FlagFile
from pxctl.model.project import Project
from pxctl.model.provider import Provider
from pxctl.model.routing import Policy
from pxctl.model.signals import DeploymentSignal, SafeMode, Signals
from pxctl.model.tenant import Tenant

HEALTH = {"==": [{"var": "business_line"}, "health"]}
BOOLEAN = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}


def provider(id_: str, **more: Any) -> Provider:
    return Provider.model_validate({
        "id": id_, "display_name": id_, "kind": "ollama", "status": "active",
        "endpoints": [{"region": "eu", "url": "http://127.0.0.1:1"}], "models": [{"id": "m"}], **more,
    })  # fmt: skip


def tenant(id_: str, tier: str = "free", line: str = "retail") -> Tenant:
    return Tenant(id=id_, tier=tier, business_line=line, region="eu", privacy_max="public")


def config(flags: dict[str, Any], tenants: int = 40, **more: Any) -> Configuration:
    everybody = [
        tenant(f"t-{n}", "gold" if n % 2 else "free", "health" if n % 4 == 1 else "retail") for n in range(tenants)
    ]
    providers = [provider("one", priority=20), provider("two", priority=10), provider("three", status="standby")]
    policy = Policy.model_validate(
        {"name": "default", "routes": [{"name": "all", "match": {}, "candidates": ["three/m", "one/m", "two/m"]}]}
    )
    return Configuration(
        project=Project.model_validate({"environments": {"production": {}, "staging": {}}}),
        providers={p.id: p for p in providers}, policies={"default": policy},
        tenants={t.id: t for t in everybody},
        flags={"feature_flags/all.yaml": FlagFile.model_validate({"flags": flags, **more})},
    )  # fmt: skip


def registry(rule: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    flag: dict[str, Any] = {**BOOLEAN, **more}
    return {"model-provider-registry": {**flag, "targeting": rule} if rule else flag}


def test_no_flags_change_nothing() -> None:
    view = evaluate_flags(config({}), "production")
    assert view.withheld == {}
    assert view.safe_mode == SafeMode()
    assert view.threshold == Threshold(0.5, 60_000)
    assert view.unchecked == frozenset()


def test_a_staged_provider_reaches_the_tenants_of_its_buckets_and_nobody_else() -> None:
    rule = {"if": [{"==": [{"var": "provider"}, "two"]}, {"fractional": [["on", 3000], ["off", 7000]]}, "on"]}
    view = evaluate_flags(config(registry(rule)), "production")
    inside = {f"t-{n}" for n in range(40) if bucket("model-provider-registry", f"t-{n}") < 3000}
    assert 0 < len(inside) < 40
    assert set(view.withheld) == {f"t-{n}" for n in range(40)} - inside
    assert set(view.withheld.values()) == {frozenset({"two"})}


def test_growing_a_share_never_takes_a_provider_back() -> None:
    had: set[str] = set()
    for share in range(0, TOTAL + 1, 500):
        rule = {"fractional": [["on", share], ["off", TOTAL - share]]}
        view = evaluate_flags(config(registry(rule), tenants=60), "production")
        have = {f"t-{n}" for n in range(60)} - set(view.withheld)
        assert had <= have
        had = have
    assert len(had) == 60


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30), st.integers(0, TOTAL))
@settings(max_examples=300, deadline=None)
def test_fractional_is_our_bucketing(flag: str, key: str, share: int) -> None:
    rule = {"fractional": [["on", share], ["off", TOTAL - share]]}
    evaluator = FlagEvaluator({"flags": {flag: {**BOOLEAN, "targeting": rule}}})
    assert evaluator.resolve(flag, None, {}, "boolean", key).value is (bucket(flag, key) < share)


LEAVES = st.one_of(
    st.sampled_from(["on", "off", "x", "one", "", "gold"]), st.booleans(), st.integers(-2, 2), st.none(),
    st.sampled_from([{"var": "provider"}, {"var": "environment"}, {"var": "tier"}, {"var": ["provider"]},
                     {"var": ["nothing", "x"]}, {"var": ["provider", "y"]}, {"var": "$flagd.flagKey"}]),
)  # fmt: skip


def rules(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    two = st.lists(inner, min_size=2, max_size=2)
    some = st.lists(inner, min_size=1, max_size=5)
    share = st.tuples(inner, st.integers(0, 5)).map(list)
    return st.one_of(
        st.tuples(st.sampled_from(["==", "!=", "===", "!==", "<", ">=", "in", "starts_with", "ends_with"]), two),
        st.tuples(st.sampled_from(["if", "?:", "and", "or", "cat", "!", "!!", "merge", "missing"]), some),
        st.tuples(st.just("fractional"), st.lists(share, min_size=1, max_size=3)),
        st.tuples(st.just("sem_ver"), st.tuples(inner, st.just(">="), inner).map(list)),
    ).map(lambda pair: {pair[0]: pair[1]})


@given(st.recursive(LEAVES, rules, max_leaves=12).filter(lambda rule: isinstance(rule, dict)))
@settings(max_examples=400, deadline=None)
def test_what_is_known_beforehand_changes_no_answer(rule: dict[str, Any]) -> None:
    flag = {"state": "ENABLED", "variants": {"on": "A", "off": "B", "x": "C", "true": "D"}, "defaultVariant": "off"}
    whole = FlagEvaluator({"flags": {"f": {**flag, "targeting": rule}}})
    context = {"provider": "one", "environment": "x", "tier": "gold"}
    narrow = whole.with_known({"provider": "one", "environment": "x"})
    for key in ("t-1", "t-2", None):
        a, b = (e.resolve("f", "mine", context, "string", key) for e in (whole, narrow))
        assert (a.value, a.variant, a.reason, a.error) == (b.value, b.variant, b.reason, b.error)


def test_environment_tier_and_line_are_in_the_context() -> None:
    rule = {"if": [{"and": [{"==": [{"var": "environment"}, "production"]}, {"==": [{"var": "tier"}, "free"]}]},
                   {"if": [{"==": [{"var": "provider"}, "one"]}, "off", "on"]}, "on"]}  # fmt: skip
    assert evaluate_flags(config(registry(rule)), "staging").withheld == {}
    view = evaluate_flags(config(registry(rule)), "production")
    assert set(view.withheld) == {f"t-{n}" for n in range(0, 40, 2)}
    assert set(view.withheld.values()) == {frozenset({"one"})}


def test_only_the_tenants_that_were_asked_for() -> None:
    view = evaluate_flags(config(registry(defaultVariant="off")), "production", tenants=["t-1", "gone"])
    assert view.withheld == {"t-1": frozenset({"one", "two", "three"})}


def test_a_disabled_flag_changes_nothing() -> None:
    assert evaluate_flags(config(registry(state="DISABLED", defaultVariant="off")), "production").withheld == {}


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ({"variants": {"on": "yes", "off": "no"}}, "Expected type bool"),
        ({"targeting": {"if": [True, "never"]}}, "never"),
        ({"targeting": {"fractionel": []}}, "Invalid targeting"),
        ({"targeting": {"fractional": [["on", 2**31], ["off", 1]]}}, "exceeds MaxInt32"),
    ],
)
def test_a_flag_that_errs_is_an_error_never_a_guess(flag: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=r"feature_flags/all.yaml: flag `model-provider-registry`") as caught:
        evaluate_flags(config(registry(**flag)), "production")
    assert said in str(caught.value)


def test_a_rule_that_reads_the_clock_is_refused() -> None:
    rule = {"if": [{">": [{"var": "$flagd.timestamp"}, 1]}, "on", "off"]}
    with pytest.raises(ConfigError, match="reads the clock"):
        evaluate_flags(config(registry(rule)), "production")


def test_one_flag_in_two_files_is_an_error() -> None:
    one = config(registry())
    flags = {**one.flags, "feature_flags/zz.yaml": FlagFile.model_validate({"flags": registry()})}
    both = Configuration(one.project, one.providers, one.policies, one.tenants, flags)
    with pytest.raises(ConfigError, match="also defined in feature_flags/all"):
        evaluate_flags(both, "production")


def test_evaluators_that_refer_to_themselves_are_an_error() -> None:
    rule = {"if": [{"$ref": "a"}, "on", "off"]}
    with pytest.raises(ConfigError, match="a -> b -> a"):
        FlagEvaluator({"flags": registry(rule), "$evaluators": {"a": {"$ref": "b"}, "b": {"$ref": "a"}}})


def test_without_multi_model_routing_one_provider_is_left() -> None:
    rule = {"if": [{"==": [{"var": "tenant"}, "t-3"]}, "off", "on"]}
    view = evaluate_flags(config({"multi-model-router": {**BOOLEAN, "targeting": rule}}), "production")
    assert view.single == {"t-3": "two"}  # the lowest priority number; three is not active
    assert view.withheld == {"t-3": frozenset({"one", "three"})}


def test_the_one_provider_is_one_that_is_released() -> None:
    flags = registry({"if": [{"==": [{"var": "provider"}, "two"]}, "off", "on"]})
    flags["multi-model-router"] = {**BOOLEAN, "defaultVariant": "off"}
    assert set(evaluate_flags(config(flags), "production").single.values()) == {"one"}


def test_degraded_providers_are_withheld_where_the_flag_says_so() -> None:
    strategies = {"around": "route-around", "away": "withhold"}
    rule = {"if": [{"==": [{"var": "tier"}, "gold"]}, "away", "around"]}
    degradation = {"state": "ENABLED", "variants": strategies, "defaultVariant": "around", "targeting": rule}
    everything = config({"provider-degradation": degradation})
    assert evaluate_flags(everything, "production").withheld == {}
    view = evaluate_flags(everything, "production", degraded=["one"])
    assert view.withheld == {f"t-{n}": frozenset({"one"}) for n in range(1, 40, 2)}


def test_a_provider_that_is_not_checked_is_never_degraded() -> None:
    check = {**BOOLEAN, "targeting": {"if": [{"==": [{"var": "provider"}, "one"]}, "off", "on"]}}
    degradation = {"state": "ENABLED", "variants": {"away": "withhold"}, "defaultVariant": "away"}
    everything = config({"provider-health-check": check, "provider-degradation": degradation})
    view = evaluate_flags(everything, "production", degraded=["one", "two"])
    assert view.unchecked == {"one"}
    assert set(view.withheld.values()) == {frozenset({"two"})}


def test_what_degraded_means() -> None:
    low, good = DeploymentSignal(health=0.5), DeploymentSignal(health=0.95)
    signals = Signals(deployments={
        "one/m@eu": low, "two/m@eu": low, "two/m@us": good, "three/m@eu": DeploymentSignal(circuit="open"),
        "gone/m@eu": low,
    })  # fmt: skip
    assert degraded_providers(config({}), signals) == {"one", "three"}
    assert degraded_providers(config({}), Signals(deployments={"one/m@eu": DeploymentSignal()})) == set()


def test_safe_mode_for_some_and_for_all() -> None:
    rule = {"if": [HEALTH, "on", "off"]}
    some = evaluate_flags(config({"routing-safe-mode": {**BOOLEAN, "targeting": rule}}), "production")
    assert some.safe_mode == SafeMode(tenants=frozenset(f"t-{n}" for n in range(1, 40, 4)))
    everybody = evaluate_flags(config({"routing-safe-mode": BOOLEAN}), "production")
    assert everybody.safe_mode.environment


def test_safe_mode_thresholds_by_business_line() -> None:
    variants = {"lax": {"error_rate": 0.6, "window": "2m"}, "strict": {"error_rate": 0.2}}
    flag = {"state": "ENABLED", "variants": variants,
            "defaultVariant": "lax", "targeting": {"if": [HEALTH, "strict"]}}  # fmt: skip
    view = evaluate_flags(config({"safe-mode-thresholds": flag}), "production")
    assert view.threshold == Threshold(0.6, 120_000)
    assert view.thresholds == {"health": Threshold(0.2, 60_000)}


@pytest.mark.parametrize(
    "value", [{"error_rate": 0}, {"error_rate": 1.5}, {"error_rate": True}, {"window": "soon"}, {"x": 1}]
)
def test_thresholds_that_make_no_sense(value: dict[str, Any]) -> None:
    flag = {"state": "ENABLED", "variants": {"it": value}, "defaultVariant": "it"}
    with pytest.raises(ConfigError, match="safe-mode-thresholds"):
        evaluate_flags(config({"safe-mode-thresholds": flag}), "production")


def test_withheld_providers_show_as_not_released_in_decisions() -> None:
    from pxctl.policy.compile import compile_config

    rule = {"if": [{"and": [{"==": [{"var": "provider"}, "two"]}, {"==": [{"var": "tenant"}, "t-1"]}]}, "off", "on"]}
    everything = config(registry(rule))
    view = evaluate_flags(everything, "production")
    bound = compile_config(everything, withheld=view.withheld).bind(Signals())
    context = {"privacy": "public", "modality": "chat", "trace_id": "x"}
    for name, kept in (("t-1", False), ("t-2", True)):
        decision = bound.decide(Context.model_validate({"tenant": name, **context})).render()
        considered = {c.deployment: c for c in decision.candidates}["two/m@eu"]
        assert considered.kept is kept
        assert considered.reason == (None if kept else Reason.NOT_RELEASED)


def test_growthbook_flutter_134_another_version_of_the_library_moves_nobody() -> None:
    pinned = {("model-provider-registry", "acme"): 2237, ("model-provider-registry", "harbourline-internal"): 9700,
              ("multi-model-router", "st-brigid-hospital"): 8603, ("multi-model-router", "Zürich"): 8921}  # fmt: skip
    for (flag, key), number in pinned.items():
        assert bucket(flag, key) == number
        for share, inside in ((number, False), (number + 1, True)):
            rule = {"fractional": [["on", share], ["off", TOTAL - share]]}
            evaluator = FlagEvaluator({"flags": {flag: {**BOOLEAN, "targeting": rule}}})
            assert evaluator.resolve(flag, None, {}, "boolean", key).value is inside


def test_unleash_node_sdk_533_two_flags_do_not_pick_the_same_tenants() -> None:
    early = [f"t-{n}" for n in range(20_000) if bucket("model-provider-registry", f"t-{n}") < 1000]
    both = sum(bucket("multi-model-router", tenant) < 5000 for tenant in early)
    assert 0.45 < both / len(early) < 0.55
