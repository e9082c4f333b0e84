"""Every scenario of the sample repository can fail: broken on purpose, each breaks the very promise that it makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pxctl.app.flows.scenarios import Stage, run_scenarios
from pxctl.load.loader import load
from pxctl.load.tree import DictTree, WorkTree
from pxctl.model.configuration import Configuration

ROOT = Path(__file__).parent.parent.parent
POLICY, PROJECT = "routing-policies/default.yaml", "pxctl.yaml"
BLUNT = (PROJECT, "safe_mode_error_rate: 0.5", "safe_mode_error_rate: 0.95")
FREE_ALONE = (POLICY, "fallbacks: [openai-main/gpt-4.1-mini@us, azure-us/gpt-4.1-mini]", "fallbacks: []")
FREE_MISTRAL = (
    (POLICY, "gemini/gemini-3.5-flash-lite, weight: 25", "mistral/mistral-large-2512, weight: 25"),
    (POLICY, "groq/openai/gpt-oss-20b, weight: 15", "mistral/mistral-small-2603@eu, weight: 15"),
    FREE_ALONE,
)
REST_ALONE = (POLICY, "fallbacks: [mistral/mistral-small-2603, groq/openai/gpt-oss-20b]", "fallbacks: []")
EMBEDDINGS = "candidates: [azure-eu/text-embedding-3-large, azure-us/text-embedding-3-large"
REST = "candidates: [openai-main/gpt-4.1-mini, azure-us/gpt-4.1-mini, azure-eu/gpt-4.1-mini"
SONNET = "candidates: [anthropic/claude-sonnet-4-6"
RESTRICTED = "candidates: [azure-eu/gpt-4.1, mistral/mistral-large-2512]\n    fallbacks"
BREAKS: dict[str, tuple[tuple[tuple[str, str, str], ...], set[str]]] = {
    "azure-outage": (
        ((POLICY, f"{EMBEDDINGS}, openai-main/text-embedding-3-large]", f"{EMBEDDINGS}]"),),
        {"served_min", "fallback_success_min"},
    ),
    "bad-policy": ((BLUNT,), {"safe_mode_within"}),
    "credential-expired": (FREE_MISTRAL, {"served_min", "fallback_success_min"}),
    "error-storm": ((BLUNT,), {"safe_mode_within"}),
    "eu-region-outage": ((REST_ALONE, (POLICY, "- azure-us/gpt-4.1-mini\n", "")), {"served_min"}),
    "latency-spike": (
        (
            (POLICY, "gpt-oss-120b, openai-main/gpt-4.1-mini@us, azure-us/gpt-4.1-mini]", "gpt-oss-120b]"),
            (POLICY, "fallbacks: [gemini/gemini-3.5-flash-lite]", "fallbacks: [groq/openai/gpt-oss-20b]"),
        ),
        {"sla_min"},
    ),
    "price-service-timeout": (
        ((POLICY, f"{REST}, gemini/gemini-3.5-flash-lite, anthropic/claude-haiku-4-5]", f"{SONNET}]"),),
        {"cost_usd_max"},
    ),
    "quota-exhausted": (FREE_MISTRAL, {"served_min", "fallback_success_min"}),
    "restricted-eu-outage": (
        (
            (POLICY, "{regions: [eu], min_health: 0.8, max_latency_ms: 20000", "{min_health: 0.8"),
            (POLICY, RESTRICTED, RESTRICTED.replace("mistral/mistral-large-2512", "azure-us/gpt-4.1")),
            ("providers/azure-us.yaml", "privacy_max: confidential", "privacy_max: restricted"),
        ),
        {"regions_only"},
    ),
    "telemetry-late": (FREE_MISTRAL, {"fallback_success_min"}),
    "telemetry-missing": ((REST_ALONE,), {"served_min", "refused_max"}),
}


def changed(*changes: tuple[str, str, str]) -> Configuration:
    """The sample's configuration with texts replaced."""
    tree = WorkTree(ROOT)
    files = {path: tree.read(path).decode() for path in tree.paths()}
    for path, old, new in changes:
        assert old in files[path], (path, old)
        files[path] = files[path].replace(old, new)
    return load(DictTree(files)).config


def broken(config: Configuration, name: str) -> set[str]:
    """Which expectations of a scenario do not hold."""
    (run,) = run_scenarios(Stage(config), [config.scenarios[name]]).runs
    assert run.expectations
    return {held.name for held in run.expectations if not held.ok}


def test_there_is_one_for_every_scenario() -> None:
    assert BREAKS.keys() == changed().scenarios.keys()


@pytest.mark.parametrize("name", BREAKS)
def test_a_scenario_breaks_where_its_promise_is_broken(name: str) -> None:
    changes, promises = BREAKS[name]
    assert broken(changed(*changes), name) >= promises


def test_a_fault_that_no_request_meets_breaks_the_scenario() -> None:
    config = changed(("scenarios/quota-exhausted.yaml", "target: mistral", "target: ollama-local"))
    assert broken(config, "quota-exhausted") == {"fault"}
