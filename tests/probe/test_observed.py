"""The observed state of a provider: from evidence and signals alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pxctl.app.flows.inventory import observed_state
from pxctl.model.evidence import Evidence
from pxctl.model.provider import Endpoint, ModelSpec, Provider
from pxctl.model.signals import ProviderHealth

NOW = datetime(2026, 11, 1, 10, tzinfo=UTC)


def evidence(blob: str = "b", passed: bool = True, age_days: int = 0) -> Evidence:
    at = NOW - timedelta(days=age_days)
    reasons = () if passed else ("chat m@us: timeout: no answer",)
    return Evidence(
        provider="p", blob=blob, tool_version="0", started_at=at, finished_at=at, expires_at=at + timedelta(days=7),
        passed=passed, health=1.0, results=(), reasons=reasons,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "found", "health", "expected"),
    [
        ({"enabled": False}, evidence(), {}, "disabled"),
        ({"status": "disabled"}, evidence(), {}, "disabled"),
        ({}, None, {}, "pending_validation"),
        ({}, evidence("other"), {}, "pending_validation"),
        ({}, evidence(age_days=7), {}, "pending_validation"),
        ({}, evidence(passed=False), {}, "pending_fix"),
        ({}, evidence(passed=False, age_days=30), {}, "pending_fix"),
        ({}, evidence(), {}, "passing"),
        ({}, evidence(), {"success_rate_5m": 0.97}, "passing"),
        ({}, evidence(), {"success_rate_5m": 0.5}, "degraded"),
        ({}, evidence(), {"success_rate_5m": 0.0, "last_error_code": "authentication"}, "degraded"),
        ({}, evidence(), {"success_rate_5m": 0.0, "last_error_code": "connection"}, "unreachable"),
    ],
)
def test_observed_state(fields, found, health, expected: str) -> None:
    base = {
        "id": "p", "display_name": "P", "kind": "openai_compatible", "models": (ModelSpec(id="m"),),
        "endpoints": (Endpoint(region="us", url="https://h.test"),), "status": "active",
    }  # fmt: skip
    state, why = observed_state(Provider(**{**base, **fields}), "b", found, ProviderHealth(provider="p", **health), NOW)
    assert state == expected and (why or state == "passing")
