"""What measurements mean: examples, properties, and the entries of the burned list that concern gates."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxctl.model.project import Gate
from pxctl.model.release import GateResult
from pxctl.release.gates_verdict import (
    ORDER,
    Limits,
    Measurement,
    Phase,
    condition,
    judge,
    judge_metric,
    most_in_a_row,
    move_of,
    phase_of,
    result_of,
    worst,
)

AT = datetime(2026, 11, 1, 10, tzinfo=UTC)
PHASES = st.sampled_from(["successful", "inconclusive", "error", "failed"])


def gate(**more: object) -> Gate:
    return Gate.model_validate({"kind": "metric", "name": "errors", "success": "<= 0.02", **more})


def measured(*values: float | None, samples: int = 100) -> list[Measurement]:
    return [Measurement(AT + timedelta(minutes=n), v, samples if v is not None else 0) for n, v in enumerate(values)]


def verdict(values: list[Measurement], **more: object) -> GateResult:
    return result_of("metric", "errors", judge_metric(values, gate(**more)))


def test_conditions() -> None:
    assert condition("<= 0.02")(0.02)
    assert not condition("<0.02")(0.02)
    assert condition(">= -1.5")(-1.5)
    assert condition("> 3")(math.inf)
    assert condition("==3")(3.0)
    with pytest.raises(ValueError, match="no condition"):
        condition("result <= 1")


@pytest.mark.parametrize(
    ("measurement", "phase"),
    [
        (Measurement(AT, 0.01, 100), "successful"), (Measurement(AT, 0.03, 100), "failed"),
        (Measurement(AT, 0.01, 99), "inconclusive"), (Measurement(AT, 0.5, 99), "inconclusive"),
        (Measurement(AT, None, 500), "inconclusive"), (Measurement(AT, math.nan, 500), "inconclusive"),
        (Measurement(AT, 0.0, 0), "inconclusive"), (Measurement(AT, math.inf, 100), "failed"),
        (Measurement(AT, 0.01, 100, "no answer"), "error"),
    ],
)  # fmt: skip
def test_one_measurement(measurement: Measurement, phase: Phase) -> None:
    assert phase_of(measurement, condition("<= 0.02"), min_samples=100) == phase


def test_min_samples_is_at_least_one() -> None:
    assert phase_of(Measurement(AT, 0.0, 0), condition("<= 1"), min_samples=0) == "inconclusive"


def test_argo_rollouts_3850_inconclusive_is_never_promoted() -> None:
    found = verdict(measured(0.01, None, None), count=3)
    assert found.verdict == "inconclusive"
    assert move_of([found], due=True) == "pause"


def test_argo_rollouts_failure_limit_is_strictly_more_everywhere() -> None:
    for limit in range(4):
        assert judge(["failed"] * limit + ["successful"] * 4, Limits(4, limit, 0)) == "successful"
        assert judge(["failed"] * (limit + 1) + ["successful"] * 4, Limits(4, limit, 0)) == "failed"


def test_argo_rollouts_a_later_inconclusive_does_not_hide_a_failure() -> None:
    assert verdict(measured(0.5, None, None), count=3).verdict == "failed"
    assert worst(["failed", "inconclusive", "error"]) == "failed"


def test_argo_rollouts_a_run_without_measurements_is_no_success() -> None:
    assert verdict([]).verdict == "inconclusive"
    assert worst([]) == "inconclusive"


def test_argo_rollouts_1411_a_failed_analysis_stops_the_rollout() -> None:
    failed = verdict(measured(0.5))
    assert move_of([failed, verdict(measured(0.01))], due=True) == "abort"


def test_flagger_1801_failures_while_waiting_end_it() -> None:
    found = verdict(measured(*[0.5] * 18), count=5, failure_limit=4)
    assert found.verdict == "failed"
    assert move_of([found], due=False) == "abort"


def test_flagger_1801_failures_long_ago_in_the_step_are_not_forgotten() -> None:
    found = verdict(measured(*[0.5] * 6, *[0.01] * 200), count=5, failure_limit=4)
    assert (found.verdict, found.facts["failed"]) == ("failed", 6)


def test_flagger_1581_a_metric_that_matches_nothing_does_not_pass() -> None:
    assert verdict(measured(None, None, None), count=3).verdict == "inconclusive"


def test_flagger_1098_no_traffic_is_not_zero() -> None:
    assert verdict(measured(math.nan, math.nan), count=2).verdict == "inconclusive"
    assert verdict([Measurement(AT, 0.0, 0)] * 2, count=2).verdict == "inconclusive"


def test_all_within_the_inconclusive_limit_but_nothing_succeeded() -> None:
    assert judge(["inconclusive"] * 3, Limits(3, 0, 3)) == "inconclusive"
    assert judge(["failed", "failed", "failed"], Limits(3, 3, 0)) == "inconclusive"
    assert judge(["successful", "inconclusive", "inconclusive"], Limits(3, 0, 2)) == "successful"


def test_running_waits_and_does_not_pause() -> None:
    found = verdict(measured(0.01), count=3)
    assert (found.verdict, found.facts["phase"]) == ("inconclusive", "running")
    assert move_of([found], due=True) == "wait"
    assert move_of([found, verdict(measured(None))], due=True) == "pause"


def test_a_static_gate_that_is_inconclusive_pauses() -> None:
    assert move_of([GateResult(kind="lint", verdict="inconclusive")], due=True) == "pause"
    assert move_of([GateResult(kind="lint", verdict="inconclusive")], due=False) == "wait"
    assert move_of([], due=True) == "go"


def test_details_say_what_was_measured() -> None:
    found = verdict(measured(0.01, 0.5, 0.5), count=3, failure_limit=1)
    assert found.detail.startswith("2 of 3 measurements are not <= 0.02, the last 0.5 at 2026-11-01T10:02")
    assert found.facts == {
        "phase": "failed",
        "measurements": 3,
        "failed": 2,
        "inconclusive": 0,
        "errors": 0,
        "last": 0.5,
    }


@given(st.lists(PHASES, max_size=30), st.integers(1, 6), st.integers(0, 4), st.integers(0, 6))
def test_success_needs_count_measurements_and_one_success(
    phases: list[Phase], count: int, failures: int, unclear: int
) -> None:
    if judge(phases, Limits(count, failures, unclear)) == "successful":
        last = phases[-count:]
        assert len(phases) >= count
        assert "successful" in last
        assert last.count("failed") <= failures
        assert last.count("inconclusive") + last.count("error") <= unclear


@given(st.lists(PHASES, max_size=20), st.lists(PHASES, max_size=10), st.integers(1, 6), st.integers(0, 4))
def test_what_failed_stays_failed(before: list[Phase], after: list[Phase], count: int, limit: int) -> None:
    limits = Limits(count, limit, 9)
    if judge(before, limits) == "failed":
        assert judge(before + after, limits) == "failed"


@given(st.lists(PHASES, max_size=20), st.integers(0, 19), st.integers(1, 6), st.integers(0, 3), st.integers(0, 3))
def test_making_one_measurement_worse_never_helps(
    phases: list[Phase], at: int, count: int, failures: int, unclear: int
) -> None:
    if at >= len(phases):
        return
    limits = Limits(count, failures, unclear)
    worse = [*phases[:at], "failed", *phases[at + 1 :]]
    if phases[at] == "successful":
        assert ORDER.index(judge(worse, limits)) >= ORDER.index(judge(phases, limits))


@given(st.lists(PHASES, max_size=30), st.integers(1, 8))
def test_most_in_a_row_is_the_naive_maximum(phases: list[Phase], count: int) -> None:
    naive = max((phases[n : n + count].count("failed") for n in range(len(phases))), default=0)
    assert most_in_a_row(phases, "failed", count) == naive


@given(st.permutations(range(6)))
def test_the_order_in_which_measurements_come_does_not_matter(order: list[int]) -> None:
    values = measured(0.01, 0.5, None, 0.01, 0.01, 0.03)
    assert judge_metric([values[n] for n in order], gate(count=3)) == judge_metric(values, gate(count=3))
