"""Gates over other rooms' results, and measurements from samples and files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxctl.core.errors import ConfigError
from pxctl.core.span import Span
from pxctl.model.evidence import Evidence, SuiteResult
from pxctl.model.finding import Finding, LintReport, Severity
from pxctl.model.impact import Limit
from pxctl.model.release import Approval
from pxctl.release.gates_results import Claim, approvals_gate, claims_gate, decisions_gate, lint_gate, suites_gate
from pxctl.release.gates_sources import Call, HealthPoint, ends_of, from_calls, from_health, from_rows

AT = datetime(2026, 11, 1, 10, tzinfo=UTC)
NOW = AT + timedelta(minutes=10)


def test_atlantis_1550_zero_tests_do_not_pass() -> None:
    assert claims_gate("scenarios", []).verdict == "inconclusive"
    assert lint_gate(LintReport(files=0)).verdict == "inconclusive"
    assert decisions_gate([Limit(text="residency", measured="0", ok=True)], rows=0).verdict == "inconclusive"
    assert decisions_gate([], rows=100).verdict == "inconclusive"
    assert suites_gate(evidence(), "blob", [], ["eu"], NOW).verdict == "inconclusive"


def test_conftest_181_a_name_that_matches_nothing_does_not_pass() -> None:
    found = claims_gate("guarantees", [Claim("a", True)], wanted=["a", "typo"])
    assert (found.verdict, found.detail) == ("inconclusive", "`typo`: it was not checked")


def test_conftest_108_one_failure_among_many_fails() -> None:
    for bad in range(5):
        claims = [Claim(f"c{n}", n != bad, "because") for n in range(5)]
        found = claims_gate("guarantees", claims)
        assert (found.verdict, found.detail) == ("failed", f"`c{bad}` does not hold: because")
    unclear = [Claim("x", None, "too large"), Claim("y", False)]
    assert claims_gate("guarantees", unclear).verdict == "failed"
    assert claims_gate("guarantees", unclear[:1]).detail == "`x`: too large"
    assert claims_gate("guarantees", [Claim("a", True), Claim("b", True)]).verdict == "passed"


def test_lint() -> None:
    warning = Finding(code="PX0001", severity=Severity.WARNING, span=Span("a.yaml", 1, 2), message="odd")
    error = warning.model_copy(update={"severity": Severity.ERROR})
    assert lint_gate(LintReport(files=3, findings=(warning,))).verdict == "passed"
    found = lint_gate(LintReport(files=3, findings=(warning, error)))
    assert (found.verdict, found.detail) == ("failed", "a.yaml:1:2: odd [PX0001]")


def test_decisions() -> None:
    good, bad = Limit(text="cost:+5%", measured="+1 %", ok=True), Limit(text="residency", measured="3", ok=False)
    assert decisions_gate([good], 10).verdict == "passed"
    assert decisions_gate([good, bad], 10).detail == "residency: 3"


def test_approvals_are_for_this_plan_and_not_by_the_author() -> None:
    one, other = "sha256:" + "1" * 64, "sha256:" + "2" * 64

    def by(who: str, plan: str = one) -> Approval:
        return Approval(principal=who, by="signature", at=AT, plan_digest=plan)

    assert approvals_gate(2, [by("a"), by("b")], one, None).verdict == "passed"
    assert approvals_gate(2, [by("a"), by("a")], one, None).verdict == "inconclusive"
    assert approvals_gate(2, [by("a"), by("b", other)], one, None).verdict == "inconclusive"
    assert approvals_gate(1, [by("a")], one, "a").verdict == "inconclusive"


def evidence(*results: SuiteResult) -> Evidence:
    return Evidence(
        provider="p", blob="blob", tool_version="1", started_at=AT, finished_at=AT, expires_at=NOW + timedelta(days=1),
        passed=True, health=1, results=results,
    )  # fmt: skip


def suite(name: str = "chat", region: str = "eu", passed: bool = True, expires: datetime | None = None) -> SuiteResult:
    return SuiteResult(suite=name, model="m", region=region, passed=passed, calls=1, reason=None if passed else "401",
                       expires_at=expires)  # fmt: skip


def test_evidence_per_suite() -> None:
    every = evidence(suite(), suite(region="us"), suite("tools"), suite("tools", "us"))
    assert suites_gate(every, "blob", ["chat", "tools"], ["eu", "us"], NOW).verdict == "passed"
    assert suites_gate(every, "other", ["chat"], ["eu"], NOW).verdict == "inconclusive"
    assert suites_gate(None, "blob", ["chat"], ["eu"], NOW).verdict == "inconclusive"
    found = suites_gate(every, "blob", ["chat", "vision"], ["eu"], NOW)
    assert (found.verdict, found.detail) == ("inconclusive", "vision@eu: no result")
    bad = evidence(suite(), suite("tools", passed=False), suite("vision", expires=AT))
    found = suites_gate(bad, "blob", ["chat", "tools", "vision"], ["eu"], NOW)
    assert (found.verdict, found.detail) == ("failed", "tools@eu: 401")
    assert suites_gate(bad, "blob", ["vision"], ["eu"], NOW).detail == "vision@eu: the result expired"


# samples and files


def test_intervals_start_with_the_step_and_do_not_depend_on_when_somebody_looks() -> None:
    full = ends_of(AT, NOW, "3m")
    assert full == [AT + timedelta(minutes=m) for m in (3, 6, 9)]
    assert ends_of(AT, AT + timedelta(minutes=7), "3m") == full[:2]
    assert ends_of(AT, AT, "3m") == []
    assert ends_of(NOW, AT, "3m") == []
    with pytest.raises(ConfigError):
        ends_of(AT, NOW, "0s")
    assert len(ends_of(AT, AT + timedelta(days=100), "1m")) == 2000


def calls(*minutes: float, ok: bool = True, latency: float = 100) -> list[Call]:
    return [Call(AT + timedelta(minutes=m), ok, latency) for m in minutes]


def test_error_rate_by_interval() -> None:
    given_ = [*calls(0, 0.5, 1), *calls(1, 4.9, ok=False), *calls(5, 7)]
    found = from_calls(given_, "error_rate", AT, NOW, "5m")
    assert [(m.at, m.value, m.samples) for m in found] == [
        (AT + timedelta(minutes=5), 2 / 5, 5),  # the call at the very start was before the step, the one at 5 is in
        (NOW, 0.0, 1),
    ]


def test_metrics_of_samples() -> None:
    given_ = [Call(AT + timedelta(seconds=n), True, float(n)) for n in range(1, 101)]
    values = {m: from_calls(given_, m, AT, NOW, "10m")[0].value for m in
              ("latency_p50_ms", "latency_p95_ms", "latency_p99_ms", "latency_avg_ms", "success_rate")}  # fmt: skip
    assert values == {"latency_p50_ms": 50, "latency_p95_ms": 95, "latency_p99_ms": 99, "latency_avg_ms": 50.5,
                      "success_rate": 1}  # fmt: skip
    assert from_calls([], "latency_p95_ms", AT, NOW, "10m")[0].value is None
    assert from_calls([Call(NOW, True, None)], "latency_p95_ms", AT, NOW, "10m")[0].samples == 0
    with pytest.raises(ConfigError, match="no metric `hit_rate`"):
        from_calls([], "hit_rate", AT, NOW, "10m")


@given(st.lists(st.floats(-5, 15), max_size=40), st.integers(1, 6))
@settings(deadline=None)
def test_every_call_of_a_whole_interval_is_counted_once(minutes: list[float], step: int) -> None:
    given_ = calls(*minutes)
    ends = ends_of(AT, NOW, f"{step}m")
    found = from_calls(given_, "error_rate", AT, NOW, f"{step}m")
    assert sum(m.samples for m in found) == sum(AT < c.at <= ends[-1] for c in given_)


def test_health_of_validation_runs() -> None:
    points = [HealthPoint(AT + timedelta(minutes=m), h, 4) for m, h in ((1, 0.9), (2, 0.7), (7, 0.95), (-1, 0.1))]
    found = from_health(points, AT, NOW, "5m")
    assert [(m.value, m.samples) for m in found] == [(0.7, 8), (0.95, 4)]
    assert [(m.value, m.samples) for m in from_health([], AT, NOW, "10m")] == [(None, 0)]
    assert from_health(points, AT, AT, "5m") == []


def test_files() -> None:
    rows = [
        {"at": "2026-11-01T10:05Z", "value": 0.5, "samples": 10}, {"at": "2026-11-01T09:59Z", "value": 1},
        {"at": "2026-11-01T10:01Z", "value": None, "samples": 0}, {"at": "2026-11-01T11:00Z", "value": 1},
    ]  # fmt: skip
    found = from_rows(rows, None, AT, NOW, "m.json")
    assert [(m.value, m.samples) for m in found] == [(None, 0), (0.5, 10)]
    assert from_rows({"errors": rows}, "errors", AT, NOW, "m.json") == found


@pytest.mark.parametrize(
    "value", [{}, {"other": []}, "x", [1], [{"at": "x", "value": 1}], [{"at": "2026-11-01T10:05Z"}],
              [{"at": "2026-11-01T10:05Z", "value": "0.1"}], [{"at": "2026-11-01T10:05Z", "value": True}],
              [{"at": "2026-11-01T10:05Z", "value": 1, "samples": "many"}]],
)  # fmt: skip
def test_files_in_another_form(value: object) -> None:
    with pytest.raises(ConfigError, match=r"m\.json"):
        from_rows(value, "errors", AT, NOW, "m.json")
