"""Metric gates against a real Prometheus, with a history of two providers: one breaks after half an hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pxctl.core.errors import ConfigError
from pxctl.model.project import Gate
from pxctl.release.gates_prometheus import Prometheus, fill
from pxctl.release.gates_verdict import judge_metric
from tests.release.gates import prometheus as server

AT = datetime(2026, 11, 1, 10, tzinfo=UTC)
RATE = (
    'sum(increase(requests_total{provider="{{provider}}",ok="no"}[{{interval}}]))'
    ' / sum(increase(requests_total{provider="{{provider}}"}[{{interval}}]))'
)
SAMPLES = 'sum(increase(requests_total{provider="{{provider}}"}[{{interval}}]))'


def history() -> str:
    """A sample every 30 s for an hour, 60 requests a minute: `b` fails half of its own after 10:30, `idle` has none."""
    lines = ["# TYPE requests counter"]
    for provider in ("a", "b", "idle"):
        for ok in ("yes", "no"):
            total = 0.0
            for half in range(-20, 121):
                at = AT + timedelta(seconds=30 * half)
                share = 0.5 if provider == "b" and half > 60 else 0.01
                if provider != "idle":
                    total += 30 * (share if ok == "no" else 1 - share)
                lines.append(f'requests_total{{provider="{provider}",ok="{ok}"}} {total:.3f} {at.timestamp():.0f}')
    return "\n".join([*lines, "# EOF"]) + "\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, found = server.start(tmp_path_factory.mktemp("prometheus"), history())
    yield found
    server.stop(process)


@pytest.fixture
def prometheus(url: str) -> Iterator[Prometheus]:
    made = Prometheus(url)
    yield made
    made.close()


def gate(**more: object) -> Gate:
    return Gate.model_validate({
        "kind": "metric", "name": "errors", "query": RATE, "samples_query": SAMPLES, "success": "<= 0.02",
        "min_samples": 100, "interval": "5m", "count": 3, "failure_limit": 1, **more,
    })  # fmt: skip


def minutes(count: int) -> datetime:
    return AT + timedelta(minutes=count)


def phase(prometheus: Prometheus, provider: str, until: int, **more: object) -> str:
    one = gate(**more)
    return judge_metric(prometheus.measure(one, AT, minutes(until), {"provider": provider}), one).phase


def test_a_provider_that_works_passes_after_count_measurements(prometheus: Prometheus) -> None:
    assert phase(prometheus, "a", 14) == "running"
    assert phase(prometheus, "a", 15) == "successful"
    found = prometheus.measure(gate(), AT, minutes(15), {"provider": "a"})
    assert [m.at for m in found] == [minutes(5), minutes(10), minutes(15)]
    assert all(m.value == pytest.approx(0.01, abs=1e-6) for m in found)
    assert all(m.samples == pytest.approx(300, abs=2) for m in found)


def test_a_provider_that_breaks_fails_whenever_somebody_looks(prometheus: Prometheus) -> None:
    assert phase(prometheus, "b", 30) == "successful"
    assert phase(prometheus, "b", 35) == "successful"  # one failed measurement is within the limit
    assert phase(prometheus, "b", 40) == "failed"
    assert phase(prometheus, "b", 59) == "failed"


def test_flagger_1098_no_traffic_is_inconclusive(prometheus: Prometheus) -> None:
    assert phase(prometheus, "idle", 30) == "inconclusive"


def test_flagger_1581_a_metric_name_that_matches_nothing_is_inconclusive(prometheus: Prometheus) -> None:
    assert phase(prometheus, "a", 30, query="request_total_with_a_typo") == "inconclusive"
    assert phase(prometheus, "nobody", 30) == "inconclusive"


def test_too_few_samples_are_inconclusive(prometheus: Prometheus) -> None:
    assert phase(prometheus, "a", 30, min_samples=1000) == "inconclusive"


def test_of_several_series_all_must_hold(prometheus: Prometheus) -> None:
    each = (
        'sum by (provider) (increase(requests_total{ok="no"}[5m])) / sum by (provider) (increase(requests_total[5m]))'
    )
    more = {"query": each, "samples_query": None, "min_samples": 1, "failure_limit": 0}
    assert phase(prometheus, "a", 30, **more) == "successful"
    assert phase(prometheus, "a", 40, **more) == "failed"


def test_a_query_that_does_not_parse_is_inconclusive_and_said(prometheus: Prometheus) -> None:
    one = gate(query="sum(")
    found = judge_metric(prometheus.measure(one, AT, minutes(30), {"provider": "a"}), one)
    assert (found.phase, found.errors) == ("inconclusive", 3)
    assert "400" in found.detail
    assert "parse error" in found.detail


def test_a_server_that_is_gone_is_inconclusive() -> None:
    gone = Prometheus("http://127.0.0.1:9", timeout=0.2, patience=0.3)
    one = gate()
    found = judge_metric(gone.measure(one, AT, minutes(30), {"provider": "a"}), one)
    gone.close()
    assert (found.phase, found.errors) == ("inconclusive", 3)


def test_a_server_that_answers_in_another_form(prometheus: Prometheus, url: str) -> None:
    other = Prometheus(f"{url}/classic")
    one = gate()
    assert judge_metric(other.measure(one, AT, minutes(30), {"provider": "a"}), one).phase == "inconclusive"
    other.close()


def test_gates_that_cannot_be_asked(prometheus: Prometheus) -> None:
    for wrong in (gate(query=None), gate(samples_query=None), gate(query="{{nobody}}")):
        with pytest.raises(ConfigError):
            prometheus.measure(wrong, AT, minutes(30), {"provider": "a"})
    assert prometheus.measure(gate(), AT, minutes(4), {"provider": "a"}) == []


def test_values_in_queries_are_text() -> None:
    assert fill('x{p="{{ provider }}"}', {"provider": 'a"} or vector(0) #\\'}) == 'x{p="a\\"} or vector(0) #\\\\"}'
    assert fill('sum by (x) (y{z="1"})', {}) == 'sum by (x) (y{z="1"})'


def test_a_token_is_not_sent_in_clear() -> None:
    with pytest.raises(ConfigError, match="https"):
        Prometheus("http://prometheus.example.test")
