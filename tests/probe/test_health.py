"""The health formula and the verdict, without a network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxctl.model.evidence import SuiteResult
from pxctl.model.provider import Endpoint, ModelSpec, Price, Provider, ValidationSpec
from pxctl.probe.budget import Budget, BudgetSpentError, cost_pico, dollars
from pxctl.probe.caller import same_model
from pxctl.probe.health import percentile, score
from pxctl.probe.settings import Override, Settings
from pxctl.probe.verdict import intact, make_evidence
from pxctl.providers.base import Usage

NOW = datetime(2026, 11, 1, 10, tzinfo=UTC)


def result(passed: bool = True, latency: tuple[float, ...] = (100.0,), **fields) -> SuiteResult:
    base = {"suite": "chat", "model": "m", "region": "us", "calls": 1, "attempts": 1, "failures": 0 if passed else 1}
    return SuiteResult(**{**base, **fields}, passed=passed, latency_ms=latency if passed else ())


def provider(**validation) -> Provider:
    return Provider(
        id="p", display_name="P", kind="openai_compatible", endpoints=(Endpoint(region="us", url="http://127.0.0.1:1"),),
        models=(ModelSpec(id="m"),), validation=ValidationSpec(**validation),
    )  # fmt: skip


def verdict(results, settings: Settings | None = None, finished: datetime = NOW, **validation):
    return make_evidence(
        provider(**validation),
        "blob",
        results,
        settings or Settings(),
        started_at=NOW,
        finished_at=finished,
        tool_version="0",
    )


@pytest.mark.parametrize(
    ("results", "bound", "expected"),
    [
        ([result()], 200, 1.0),
        ([result(latency=(300.0,))], 200, (0.5 + 0.3 + 0.2 * 0.5) / 1.0),
        ([result(latency=(400.0,))], 200, 0.8),
        ([result(latency=(4000.0,))], 200, 0.8),
        ([result(latency=(4000.0,))], None, 1.0),
        ([result(attempts=4, failed_attempts=1)], None, (0.5 + 0.3 * 0.75) / 0.8),
        ([result(), result(passed=False, failed_attempts=1)], None, (0.5 * 0.5 + 0.3 * 0.5) / 0.8),
        ([result(passed=False, failed_attempts=1)], None, 0.0),
        ([], None, 0.0),
    ],
)
def test_the_formula(results, bound, expected: float) -> None:
    assert score(results, bound)[0] == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0.01, 1))
def test_a_percentile_is_one_of_the_values_and_enough_are_below(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values and sum(v <= found for v in values) >= share * len(values) - 1e-9


@given(
    st.lists(
        st.tuples(st.booleans(), st.floats(1, 1e4), st.integers(0, 3)), min_size=1, max_size=8
    ),
    st.one_of(st.none(), st.integers(1, 10_000)),
)  # fmt: skip
def test_health_is_a_share_and_more_failures_never_raise_it(rows, bound) -> None:
    results = [result(ok, (ms,), attempts=1 + bad, failed_attempts=bad + (not ok)) for ok, ms, bad in rows]
    health, parts = score(results, bound)
    assert 0 <= health <= 1 and all(0 <= part <= 1 for part in parts.values())
    worse = [
        one.model_copy(update={"attempts": one.attempts + 1, "failed_attempts": one.failed_attempts + 1})
        for one in results
    ]
    assert score(worse, bound)[0] <= health + 1e-9


def test_what_passes_and_what_does_not() -> None:
    assert verdict([result()]).passed and verdict([result()]).state == "passing"
    assert verdict([]).reasons == ("no suite ran",)
    failed = verdict([result(), result(passed=False, suite="tools", error="bad_response", reason="no tool call")])
    assert (
        not failed.passed
        and failed.state == "pending_fix"
        and "tools m@us: bad_response: no tool call" in failed.reasons
    )
    slow = verdict([result(latency=(900.0,))], max_p95_ms=800, min_health=0)
    assert slow.reasons == ("us: p95 latency 900 ms is above 800 ms",)
    assert (
        not verdict([result(calls=10, failures=1)]).passed
        and verdict([result(calls=10, failures=1)], max_error_rate=0.1).passed
    )


def test_the_worst_region_counts() -> None:
    eu = result(region="eu", attempts=2, failed_attempts=1)
    found = verdict([result(), eu])
    assert found.health == found.health_parts["region:eu"] < found.health_parts["region:us"] == 1.0
    assert any(reason.startswith("eu: health") for reason in found.reasons)
    eased = Settings(by_region={"eu": Override(min_health=0.5)})
    assert verdict([result(), eu], eased).passed and verdict([result(), eu], eased).overrides == {
        "eu=min_health": "0.5"
    }


def test_evidence_is_dated_sealed_and_survives_a_clock_that_jumps_back() -> None:
    found = verdict([result()], finished=NOW - timedelta(hours=3))
    assert found.finished_at == NOW and found.expires_at == NOW + timedelta(days=7)
    assert found.results[0].expires_at == found.expires_at
    assert intact(found) and not intact(found.model_copy(update={"health": 0.5}))


def test_money() -> None:
    price = Price(input_per_mtok=Decimal(2), cached_input_per_mtok=Decimal("0.5"), output_per_mtok=Decimal(8))
    assert cost_pico(price, Usage(1000, 100, 400)) == (600 * 2 + 400 * 5 // 10 + 100 * 8) * 10**6
    assert dollars(1) == "0.000001" and dollars(10**12) == "1.000000" and dollars(0) == "0.000000"


def test_a_budget_is_checked_before_a_call() -> None:
    budget = Budget(Decimal("0.000010"), 3)
    budget.reserve(6_000_000)
    with pytest.raises(BudgetSpentError, match="USD"):
        budget.reserve(5_000_000)
    budget.settle(6_000_000, 1_000_000)
    budget.reserve(9_000_000)
    budget.settle(9_000_000, 0)
    budget.reserve(0)
    with pytest.raises(BudgetSpentError, match="3 calls"):
        budget.reserve(0)


@pytest.mark.parametrize(
    ("answered", "asked", "expected"),
    [
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini", True),
        ("llama3.2:latest", "llama3.2", True),
        ("models/gemini-2.5-flash", "gemini-2.5-flash", True),
        ("meta-llama/Llama-3.1-8B", "llama-3.1-8b", True),
        ("gpt-4o", "gpt-4.1-mini", False),
        ("mistral-large", "mistral-small", False),
    ],
)
def test_which_model_answered(answered: str, asked: str, expected: bool) -> None:
    assert same_model(answered, asked) is expected
