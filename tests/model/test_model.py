"""The configuration language's own rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pxctl.model.base import duration_ms, normal_language
from pxctl.model.context import Context
from pxctl.model.decision import usd
from pxctl.model.governance import Guarantee
from pxctl.model.project import Project, RolloutPlan, Step
from pxctl.model.provider import Provider
from pxctl.model.release import Pins
from pxctl.model.routing import Experiment, Policy, TokenBounds
from pxctl.model.signals import SafeMode
from pxctl.model.tenant import Tenant, TenantSelector

PROVIDER: dict[str, Any] = {
    "id": "a",
    "display_name": "A",
    "kind": "openai_compatible",
    "endpoints": [{"region": "us", "url": "https://a.example/v1"}],
    "models": [{"id": "m"}],
}


def test_local_kinds_need_no_secret_unless_they_say_so() -> None:
    assert Provider.model_validate({**PROVIDER, "kind": "ollama"}).secret_policy == "none"
    assert (
        Provider.model_validate({**PROVIDER, "kind": "ollama", "secret_policy": "required"}).secret_policy == "required"
    )
    assert Provider.model_validate(PROVIDER).secret_policy == "required"


def test_credential_ref_is_short_for_api_key() -> None:
    provider = Provider.model_validate({**PROVIDER, "credential_ref": "env://A", "credentials": {"tls": "env://B"}})
    assert provider.credential_refs() == {"api_key": "env://A", "tls": "env://B"}


@pytest.mark.parametrize(
    "change",
    [
        {"id": "Not-Kebab"},
        {"surprise": 1},
        {"endpoints": []},
        {"endpoints": [{"region": "us", "url": "https://a"}, {"region": "us", "url": "https://b"}]},
        {"models": [{"id": "m"}, {"id": "m"}]},
        {"models": [{"id": "m", "price": {"input_per_mtok": "0.0000001"}}]},
        {"models": [{"id": "m", "price": {"input_per_mtok": -1}}]},
        {"timeout_ms": 0},
    ],
)
def test_broken_providers_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Provider.model_validate({**PROVIDER, **change})


def test_an_empty_dimension_is_an_error_and_an_empty_match_is_not() -> None:
    route = {"name": "r", "match": {}, "candidates": ["a/m"]}
    assert Policy.model_validate({"name": "p", "routes": [route]})
    with pytest.raises(ValidationError):
        Policy.model_validate({"name": "p", "routes": [{**route, "match": {"tier": []}}]})
    with pytest.raises(ValidationError, match="stands twice"):
        Policy.model_validate({"name": "p", "routes": [route, route]})


def test_empty_bounds_are_refused() -> None:
    for bad in ({}, {"min": 5, "max": 4}):
        with pytest.raises(ValidationError):
            TokenBounds.model_validate(bad)


def test_arms_cannot_take_more_than_everything() -> None:
    with pytest.raises(ValidationError, match="above 100"):
        Experiment.model_validate({"name": "e", "arms": {"a": {"share": 60}, "b": {"share": 41}}})


def test_a_rollout_ends_full_and_a_step_is_one_thing() -> None:
    with pytest.raises(ValidationError, match="full: true"):
        RolloutPlan.model_validate({"steps": [{"percent": 10}]})
    with pytest.raises(ValidationError, match="exactly one"):
        Step.model_validate({"percent": 10, "full": True})
    assert [s.label() for s in (Step(dark=True), Step(percent=2.5), Step(full=True))] == ["dark", "2.5 %", "full"]
    assert Project.model_validate({"environments": {"production": {}}}).rollout_plan(None)


def test_a_guarantee_makes_one_claim() -> None:
    with pytest.raises(ValidationError, match="exactly one claim"):
        Guarantee.model_validate({"name": "g"})


def test_a_context_needs_privacy_and_cached_tokens_are_a_part() -> None:
    with pytest.raises(ValidationError):
        Context.model_validate({"tenant": "acme"})
    with pytest.raises(ValidationError, match="cannot be larger"):
        Context.model_validate({"tenant": "acme", "privacy": "public", "cached_input_tokens": 1})


def test_languages_are_normalised_when_read() -> None:
    assert normal_language(" pt_BR ") == "pt-br"
    assert Context(tenant="acme", privacy="public", language="PT_br").language == "pt-br"


@pytest.mark.parametrize(
    ("text", "ms"), [("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("1w", 604_800_000)]
)
def test_durations(text: str, ms: int) -> None:
    assert duration_ms(text) == ms


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-1s", "1.5h", "5sm"])
def test_broken_durations(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        duration_ms(text)


@given(st.integers(0, 10**20))
def test_usd_is_never_shown_smaller_than_it_is(pico: int) -> None:
    whole, _, part = usd(pico).partition(".")
    shown = int(whole) * 10**12 + int(part) * 10**6
    assert 0 <= shown - pico < 10**6


def test_selectors() -> None:
    tenant = Tenant(id="acme", tier="gold", business_line="retail", region="eu", privacy_max="restricted")
    assert TenantSelector(tier=("gold",)).selects(tenant)
    assert not TenantSelector(tier=("gold",), region=("us",)).selects(tenant)
    assert TenantSelector(tier=("free",), names=("acme",)).selects(tenant)
    assert not TenantSelector().selects(tenant)


def test_safe_mode_covers_environment_line_or_tenant() -> None:
    assert SafeMode(environment=True).covers("t", "b")
    assert SafeMode(business_lines=frozenset({"b"})).covers("t", "b")
    assert SafeMode(tenants=frozenset({"t"})).covers("t", "b")
    assert not SafeMode().covers("t", "b")


def test_pins_move_one_subject_alone() -> None:
    pins = Pins(policies={"default": 3}, providers={"a": 1}, flags=2)
    moved = pins.replace("policies/default", 4).replace("providers/a", None).replace("flags", 5)
    assert moved == Pins(policies={"default": 4}, providers={}, flags=5)
    assert pins.get("policies/default") == 3
