"""Every rule that a change can touch, by name: the request that shows it, and what must be so for it to be seen."""

from __future__ import annotations

from typing import Any

import pytest
from tests.policy.build import config, policy, provider, tenant

from pxctl.model.base import MODALITIES
from pxctl.model.configuration import Configuration
from pxctl.model.project import Project
from pxctl.policy.compile import compile_config
from pxctl.policy.proof.difference import difference, outcome

BASE: dict[str, Any] = {"candidates": ["a/m", "b/m"], "constraints": {"min_health": 0.5}}


def two(route: dict[str, Any] | None = None, *, a: dict[str, Any] | None = None, **more: Any) -> Configuration:
    """Providers `a` and `b`, one route for everything."""
    spec = {"id": "m", "capabilities": ["tools"], "context_tokens": 1_000, "max_output_tokens": 500,
            "price": {"input_per_mtok": 1, "cached_input_per_mtok": 1, "output_per_mtok": 2}}  # fmt: skip
    fields: dict[str, Any] = {"secret_policy": "none", "credential_ref": "env://A", **(a or {})}
    spec_a = {**spec, **fields.pop("model", {})}
    chosen = {**BASE, **(route or {})}
    return config(
        provider("a", models=[spec_a], **fields), provider("b", models=[spec]),
        policies=[policy("default", [chosen], **more.pop("policy", {}))], **more,
    )  # fmt: skip


WEIGHTS = {
    "strategy": "weighted",
    "candidates": [{"deployment": "a/m", "weight": 70}, {"deployment": "b/m", "weight": 30}],
}
LIGHTER = {**WEIGHTS, "candidates": [{"deployment": "a/m", "weight": 69}, {"deployment": "b/m", "weight": 30}]}
CACHED = {"input_per_mtok": 1, "cached_input_per_mtok": 0, "output_per_mtok": 2}
ARMS = {"t": {"share": "0.5", "candidates": ["b/m"]}}
SHORT = Project.model_validate({"environments": {"production": {}}, "thresholds": {"health_fresh": "1m"}})
CASES: dict[str, tuple[Configuration, Configuration, str]] = {
    "order": (two(), two({"candidates": ["b/m", "a/m"]}), ""),
    "price": (two(), two(a={"model": {"price": {"input_per_mtok": 3, "output_per_mtok": 2}}}), ""),
    "cached price": (two(), two(a={"model": {"price": CACHED}}), ""),
    "window": (two(), two(a={"model": {"context_tokens": 2_000}}), ""),
    "weights": (two(WEIGHTS), two(LIGHTER), ""),
    "health": (two(), two({"constraints": {"min_health": 0.6}}), "at a health of 0.5"),
    "latency": (two(), two({"constraints": {"min_health": 0.5, "max_latency_ms": 900}}), "when latencies are high"),
    "cost": (two({"constraints": {"max_cost_usd": 2}}), two({"constraints": {"max_cost_usd": 3}}), "at a quoted price"),
    "cheapest": (two(), two({"strategy": "cheapest"}), "when quoted prices differ"),
    "fastest": (two(), two({"strategy": "fastest"}), "when"),
    "secret": (two(), two(a={"secret_policy": "required"}), "while a has no credential"),
    "safe mode": (two(), two(policy={"safe_mode": {"allow": ["a/m"]}}), "in safe mode"),
    "business line": (two(), two(tenants=[tenant(business_line="other")]), "in a safe mode of business line"),
    "fresh": (two(), two(project=SHORT), "when health is 300 s old"),
    "experiment": (
        two(), two({"experiment": {"name": "x", "unit": "request", "arms": ARMS}}), "",
    ),
    "fallbacks": (two({"max_fallbacks": 1}), two({"max_fallbacks": 0}), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_change_of_a_rule_is_shown(name: str) -> None:
    """The request that shows it, decided again under the signals that the plan names, is decided otherwise."""
    old, new, words = CASES[name]
    before, after = compile_config(old), compile_config(new)
    (change,) = difference(before, after).changes
    assert change.certain, change.message
    assert change.when.startswith(words)
    assert change.example is not None
    assert change.signals is not None
    again = [side.bind(change.signals).decide(change.example) for side in (before, after)]
    assert outcome(again[0]) != outcome(again[1])
    assert difference(before, compile_config(old)).unchanged


def test_only_the_kinds_that_notice_are_counted() -> None:
    """A capability is noticed by requests that need it alone, and only in the modality that its model serves."""
    plain = two()
    found = difference(
        compile_config(plain), compile_config(two(a={"model": {"capabilities": ["tools", "search"]}}))
    )  # fmt: skip
    features = [(), ("search",), ("tools",), ("one that no file names",)]
    assert found.kinds_changed * len(features) * len(MODALITIES) == found.kinds


def test_a_home_that_moves_is_noticed_by_requests_that_state_no_region() -> None:
    routes = [{"match": {"region": ["eu"]}, "candidates": ["a/m"]}, {"candidates": ["b/m"]}]
    old, new = (
        config(provider("a"), provider("b"), routes=routes, tenants=[tenant(region=home), tenant("other", region="eu")])
        for home in ("eu", "us")
    )  # fmt: skip
    (change,) = difference(compile_config(old), compile_config(new)).changes
    assert (change.route_before, change.route_after, change.tenants, change.certain) == ("r0", "r1", 1, True)
    assert change.example is not None
    assert (change.example.tenant, change.example.region) == ("acme", None)
