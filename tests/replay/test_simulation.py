"""The simulator: faults are felt, seen, routed around and forgotten; all of it by seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest

from pxctl.core.errors import UsageError
from pxctl.model.configuration import Configuration
from pxctl.model.governance import Expectation, Fault, Population, Scenario
from pxctl.model.replay import ReplayReport
from pxctl.policy.compile import compile_config
from pxctl.replay.baseline import rehearsal_signals
from pxctl.replay.faults import parse_fault, trouble
from pxctl.replay.population import Crowd
from pxctl.replay.scenario import invented, judge
from pxctl.replay.simulation import Terms, simulate

from .conftest import configured, rows

SECOND = 1_000_000


def run(
    config: Configuration, *faults: str, count: int = 3600, step: int = SECOND // 4, shares: Population | None = None,
    terms: Terms | None = None,
) -> ReplayReport:  # fmt: skip
    """Four requests a second for 15 minutes, public data of acme unless `shares` says otherwise."""
    shares = shares or Population(tenant={"acme": 1}, privacy={"public": 1})
    laid = trouble(config, [parse_fault(text) for text in faults])
    terms = terms or Terms(seed=3)
    crowd = Crowd(config, seed=terms.seed, population=shares)
    signals = rehearsal_signals(config)
    return simulate(compile_config(config), signals, [rows(count, step=step)], crowd, laid, terms)


def primaries(report: ReplayReport, low: int, high: int) -> set[str]:
    """Who was primary in windows that start in `[low, high)` seconds."""
    return {n for w in report.windows if low * SECOND <= w.at < high * SECOND for n in w.deployments}


def test_without_faults_everything_is_answered_by_its_primary(company: Configuration) -> None:
    report = run(company)
    assert report.kind == "simulation"
    assert (report.totals.hit_rate, report.totals.served) == (1.0, 1.0)
    assert report.totals.fallback_success is None
    assert report.paths == {}
    assert report.answered == {"east/big@us": 3600}
    assert 300_000 < report.totals.latency_p50 < 500_000
    assert 700_000 < report.totals.latency_p95 < 900_000
    assert not report.events


def test_an_outage_is_felt_then_routed_around_then_over(company: Configuration) -> None:
    report = run(company, "provider_outage:east@3m+4m")
    assert primaries(report, 0, 180) == {"east/big@us"}
    assert "west/mid@eu" in primaries(report, 200, 420)
    assert primaries(report, 480, 900) == {"east/big@us"}
    assert 0 < report.totals.fallback_ok == 3600 - report.totals.primary_ok
    assert report.totals.served == 1.0
    assert any(path.startswith("east/big@us → ") for path in report.paths)
    assert report.fault_paths == {"provider outage of east": report.paths}
    said = [event.what for event in report.events]
    assert "fault: provider outage of east" in said
    assert any(what.startswith("circuit open: east/big@us") for what in said)
    assert any(what.startswith("circuit closed: ") for what in said)
    assert any(w.open_circuits for w in report.windows)


def test_costs_are_of_who_answered(company: Configuration) -> None:
    report = run(company, "provider_outage:east", count=40)
    one = 1000 * 1_000_000 + 100 * 4_000_000  # west/mid: 1 and 4 USD per million tokens
    assert report.totals.cost == one * (report.totals.primary_ok + report.totals.fallback_ok)


def test_nobody_left_is_a_failure_then_a_refusal(company: Configuration) -> None:
    report = run(company, "provider_outage:east@1m", "provider_outage:west@1m", count=1200)
    assert report.totals.failed > 0
    assert report.refusals["no_candidate"] > 0
    assert report.excluded["circuit_open"] > 0
    assert report.excluded["safe_mode"] > 0  # nobody answers: safe mode has tripped, and finds nobody either
    assert report.totals.served is not None
    assert report.totals.served < 0.6


def test_a_region_outage_spares_the_other_region(company: Configuration) -> None:
    report = run(company, "region_outage:us@1m+10m")
    assert primaries(report, 120, 600) <= {"east/big@eu", "east/big@us"}
    assert report.answered["east/big@eu"] > 1000
    assert report.totals.served == 1.0


def test_an_expired_credential_and_a_used_up_quota_become_signals(company: Configuration) -> None:
    expired = run(company, "credential_expired:east@1m+5m")
    assert "west/mid@eu" in primaries(expired, 80, 360)
    assert expired.totals.from_fallbacks > 1000
    quota = run(company, "quota_exhausted:east/big@us@1m+5m")
    assert "east/big@eu" in primaries(quota, 80, 360)
    assert primaries(quota, 420, 900) == {"east/big@us"}


def test_a_latency_spike_moves_what_has_a_bound() -> None:
    config = configured(policy=("    match: {}\n", "    match: {}\n    constraints: {max_latency_ms: 1500}\n"))
    report = run(config, "latency_spike:east/big@us@2m+5m*4")
    assert "east/big@eu" in primaries(report, 180, 400)
    assert max(w.totals.latency_p95 for w in report.windows) > 2_000_000


def test_a_call_beyond_the_time_out_fails() -> None:
    config = configured(east=("priority: 10", "priority: 10\ntimeout_ms: 900"))
    report = run(config, "latency_spike:east@1m+1m*20", count=600)
    assert report.totals.fallback_ok > 0
    assert report.totals.latency_p95 < 4_000_000


def test_an_error_storm_trips_safe_mode_within_a_minute_and_it_stays_until_ended() -> None:
    config, storm = configured(), "error_storm@2m+3m*0.9"
    report = run(config, storm, terms=Terms(seed=3, safe_mode_off_at=10 * 60 * SECOND))
    assert report.safe_mode_since is not None
    assert 120 * SECOND < report.safe_mode_since <= 180 * SECOND
    on = [w.at for w in report.windows if w.safe_mode]
    assert on[0] == report.safe_mode_since
    assert on[-1] == 590 * SECOND
    assert primaries(report, 340, 600) == {"west/mid@eu"}  # what safe mode allows
    assert primaries(report, 620, 900) == {"east/big@us"}
    assert [e.what for e in report.events if "safe" in e.what] == ["safe mode: on", "safe mode: off, by the scenario"]
    forever = run(config, storm)
    assert forever.windows[-1].safe_mode
    assert run(config, "error_storm:east/big@us@2m+3m*0.9").safe_mode_since is None  # routed around


def test_late_telemetry_degrades_and_missing_telemetry_excludes() -> None:
    config = configured(policy=("    match: {}\n", "    match: {}\n    constraints: {min_health: 0.8}\n"))
    late = run(config, "health_telemetry_late@2m+10m")
    assert 3600 * 4 // 15 < late.totals.degraded < 3600 * 6 // 15  # health_fresh is 5 m, the fault lasts 10
    assert late.totals.served == 1.0
    missing = run(config, "health_telemetry_missing@2m+5m")
    assert missing.totals.from_fallbacks == 1200
    assert missing.excluded == {}


def test_a_silent_price_service_falls_back_to_the_files(company: Configuration) -> None:
    report = run(company, "price_service_timeout@5m+5m", terms=Terms(seed=3, quotes=True))
    assert report.bases == {"file": 1200, "quote": 2400}
    assert report.totals.cost == run(company).totals.cost


def test_by_seed(company: Configuration) -> None:
    storm = "error_storm:east@1m+5m*0.3"
    assert run(company, storm) == run(company, storm)
    assert run(company, storm, terms=Terms(seed=4)).paths != run(company, storm).paths


def test_blocks_make_no_difference(company: Configuration) -> None:
    laid = trouble(company, [parse_fault("error_storm:east@1m+5m*0.3")])
    crowd, signals, compiled = Crowd(company, seed=3), rehearsal_signals(company), compile_config(company)
    block = rows(2000, step=SECOND // 4)
    parts = [block.slice(i, min(i + 77, 2000)) for i in range(0, 2000, 77)]
    assert simulate(compiled, signals, parts, crowd, laid, Terms()) == simulate(
        compiled, signals, [block], crowd, laid, Terms()
    )


def test_sla_is_counted_over_those_who_asked(company: Configuration) -> None:
    shares = Population(tenant={"acme": 1}, privacy={"public": 1}, sla_ms={"none": 1, "900": 1})
    report = run(company, shares=shares)
    assert 0.45 < report.totals.sla_asked / 3600 < 0.55
    assert report.totals.sla is not None
    assert 0.9 < report.totals.sla < 1.0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("provider_outage:azure-eu@5m+3m", Fault(kind="provider_outage", target="azure-eu", at="5m", **{"for": "3m"})),
        ("latency_spike:a/m@eu@2m*4", Fault(kind="latency_spike", target="a/m@eu", at="2m", factor=4)),
        ("error_storm*0.5", Fault(kind="error_storm", rate=0.5)),
        ("region_outage:eu", Fault(kind="region_outage", target="eu")),
    ],
)
def test_faults_as_written(text: str, wanted: Fault) -> None:
    assert parse_fault(text) == wanted


@pytest.mark.parametrize("text", ["", "meteor", "provider_outage@soon", "error_storm*2", "latency_spike*0"])
def test_faults_that_mean_nothing(text: str) -> None:
    with pytest.raises(UsageError):
        trouble(configured(), [parse_fault(text)])


def test_a_fault_on_nothing(company: Configuration) -> None:
    with pytest.raises(UsageError, match="no provider, region or deployment"):
        trouble(company, [parse_fault("provider_outage:north")])


def scenario(**fields: object) -> Scenario:
    return Scenario.model_validate({"name": "s", "requests": 600, "duration": "5m", "seed": 5, **fields})


def test_invented_traffic() -> None:
    template = {"input_tokens": {"min": 100, "max": 4000}}
    blocks = list(invented(scenario(requests=70_000, template=template)))
    assert [len(b) for b in blocks] == [65_536, 4464]
    assert int(blocks[-1].at[-1]) < 300 * SECOND
    tokens = [int(t) for b in blocks for t in b.input_tokens]
    assert min(tokens) == 100
    assert max(tokens) == 4000
    assert 1300 < sum(tokens) / len(tokens) < 1500
    again = invented(scenario(requests=70_000, template=template))
    assert all((a.input_tokens == b.input_tokens).all() for a, b in zip(blocks, again, strict=True))


def held(report: ReplayReport, **expect: object) -> Iterable[bool]:
    wanted = scenario(expect=Expectation.model_validate(expect))
    return [h.ok for h in judge(wanted, report, 60 * SECOND) if h.name != "fault"]


def test_expectations(company: Configuration) -> None:
    report = run(company, "provider_outage:east@1m+2m", count=1200)
    assert held(report, served_min=1.0, refused_max=0.0, never=["north"], regions_only=["eu", "us"]) == [True] * 4
    assert held(report, hit_rate_min=1.0, cost_usd_max=Decimal("0.01"), regions_only=["us"], never=["west/mid"],
                safe_mode_within="1m", sla_min=0.1) == [False] * 6  # fmt: skip
    calm = run(company, count=100)
    assert held(calm, fallback_success_min=0.5) == [False]  # nothing to show it on
    assert held(replace_safe(report, 100), safe_mode_within="40s") == [True]
    assert held(replace_safe(report, 101), safe_mode_within="40s") == [False]


def replace_safe(report: ReplayReport, seconds: int) -> ReplayReport:
    return report.model_copy(update={"safe_mode_since": seconds * SECOND})


def test_traffic_out_of_order_is_taken_as_of_the_latest_moment(company: Configuration) -> None:
    block = rows(100)
    mixed = replace(block, at=block.at[::-1].copy())
    laid, crowd = trouble(company, []), Crowd(company, seed=1)
    report = simulate(compile_config(company), rehearsal_signals(company), [mixed], crowd, laid, Terms())
    assert report.rows == 100
    assert {w.at for w in report.windows} == {90 * SECOND}


@pytest.mark.parametrize(
    ("fault", "met"),
    [
        ("provider_outage:east@1m+1m", True),
        ("provider_outage:east/small@1m+1m", False),  # no request of a gold tenant calls it
        ("provider_outage:west@1m+1m", False),  # it stands behind east, which answers
        ("provider_outage:east@1m+0s", False),  # over before it begins
        ("provider_outage:east@20m+1m", False),  # behind the traffic's end
        ("health_telemetry_missing:west@1m+1m", True),  # the route names it, so what is known of it matters
        ("health_telemetry_missing:east/small@1m+1m", False),
        ("price_service_timeout@1m+1m", True),
    ],
)
def test_a_fault_that_no_request_meets_is_a_broken_expectation(company: Configuration, fault: str, met: bool) -> None:
    report = run(company, fault, count=1200)
    assert (report.unmet == ()) is met
    found = [h for h in judge(scenario(expect=Expectation(served_min=0.0)), report, None) if h.name == "fault"]
    assert [h.ok for h in found] == [met]
    assert judge(scenario(), report, None) == (() if met else tuple(found))


def test_overlapping_faults_are_met_one_by_one(company: Configuration) -> None:
    report = run(company, "provider_outage:east@1m+1m", "provider_outage:east/big@us@1m+1m", count=1200)
    assert [fault.requests > 0 for fault in report.faults] == [True, True]
    assert report.faults[0].requests >= report.faults[1].requests


def test_a_trace_of_years_is_no_run_in_virtual_time(company: Configuration) -> None:
    with pytest.raises(UsageError, match=r"spans 365 days, a run in virtual time at most 31"):
        run(company, count=2, step=365 * 86_400 * SECOND)
