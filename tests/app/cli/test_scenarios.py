"""Scenarios, faults and A/B from the command line; the same bytes whatever the number of workers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.replay.conftest import FILES

OUTAGE = """
name: east-down
description: the main vendor is gone
population: {privacy: {public: 1}}
requests: 1200
duration: 5m
seed: 4
faults: [{kind: provider_outage, target: east, at: 1m, for: 2m}]
expect: {served_min: 0.95}
"""
BAD = """
name: bad-policy
policy_override: cheap
requests: 300
duration: 1m
expect: {refused_max: 0.01}
"""
CHEAP = "name: cheap\nroutes:\n  - {name: only, match: {privacy: [public]}, candidates: [east/small@us]}\n"


@pytest.fixture
def company(make_repo: Callable[..., Path]) -> Path:
    trace = "input_tokens,output_tokens\n" + "".join(f"{500 + i},{i % 90}\n" for i in range(400))
    return make_repo({
        **FILES, "scenarios/east-down.yaml": OUTAGE, "scenarios/bad-policy.yaml": BAD,
        "routing-policies/cheap.yaml": CHEAP, "trace.csv": trace,
    })  # fmt: skip


def test_a_scenario_that_holds(pxctl: Any, company: Path) -> None:
    done = pxctl("simulate", "--scenario", "east-down", cwd=company)
    assert done.returncode == 0, done.stderr
    assert "served_min" in done.stdout
    assert "held" in done.stdout
    assert "fault: provider outage of east" in done.stdout


def test_a_broken_expectation_fails_the_run(pxctl: Any, company: Path) -> None:
    done = pxctl("simulate", "--all", cwd=company)
    assert done.returncode == 1
    assert "refused_max wanted <= 0.01" in done.stdout
    one = pxctl("simulate", "-s", "bad-policy", "--format", "markdown", cwd=company)
    assert one.returncode == 1
    assert "broken" in one.stdout


def test_workers_change_no_byte(pxctl: Any, company: Path) -> None:
    alone = pxctl("simulate", "--all", "--format", "json", cwd=company)
    spread = pxctl("simulate", "--all", "--format", "json", "--workers", "2", cwd=company)
    assert alone.stdout == spread.stdout
    assert len(json.loads(alone.stdout)["runs"]) == 2
    one = pxctl("simulate", "trace.csv", "--format", "json", cwd=company)
    two = pxctl("simulate", "trace.csv", "--format", "json", "--workers", "2", cwd=company)
    assert one.stdout == two.stdout
    assert json.loads(one.stdout)["rows"] == 400


def test_a_scenario_in_a_traces_traffic(pxctl: Any, company: Path) -> None:
    done = pxctl("simulate", "trace.csv", "-s", "east-down", "--format", "json", cwd=company)
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["totals"]["input_tokens"] == 3 * sum(500 + i for i in range(400))


def test_faults_and_ab_on_a_trace(pxctl: Any, company: Path) -> None:
    faults = ("--fault", "error_storm:east*0.5")
    done = pxctl("simulate", "trace.csv", *faults, "--format", "json", cwd=company)
    assert json.loads(done.stdout)["totals"]["fallback_ok"] > 0
    ab = pxctl("simulate", "trace.csv", "--policy", "default", "--against", "cheap", "--format", "json", cwd=company)
    found = {d["name"]: d for d in json.loads(ab.stdout)["differences"]}
    assert found["refused"]["difference"] > 0
    text = pxctl("simulate", "trace.csv", "--against", "cheap", cwd=company)
    assert "95 % interval" in text.stdout
    page = pxctl("simulate", "trace.csv", "--against", "cheap", "--format", "html", "-o", "ab.html", cwd=company)
    assert page.returncode == 0, page.stderr
    assert "<svg" in (company / "ab.html").read_text(encoding="utf-8")


def test_a_fault_that_no_request_meets_fails_the_run(pxctl: Any, company: Path) -> None:
    late = ("--fault", "provider_outage:east@3h")
    done = pxctl("simulate", "trace.csv", *late, cwd=company)
    assert done.returncode == 1
    assert "met by no request" in done.stdout
    ab = pxctl("simulate", "trace.csv", "--against", "cheap", *late, cwd=company)
    assert ab.returncode == 1
    assert "fault: provider outage of east: met by no request" in ab.stdout
    met = pxctl("simulate", "trace.csv", "--against", "cheap", "--fault", "provider_outage:east", cwd=company)
    assert met.returncode == 0, met.stderr


def test_measured_signals(pxctl: Any, company: Path) -> None:
    down = {"deployments": {"east/big@us": {"circuit": "open"}, "east/big@eu": {"quota_requests": 0}}}
    (company / "signals.json").write_text(json.dumps(down), encoding="utf-8")
    args = ("simulate", "trace.csv", "--set", "tenant=acme", "--set", "privacy=public", "--format", "json")
    report = json.loads(pxctl(*args, "--signals", "signals.json", cwd=company).stdout)
    assert list(report["deployments"]) == ["west/mid@eu"]
    (company / "signals.json").write_text('{"deployments": {"x": {"health": 3}}}', encoding="utf-8")
    bad = pxctl(*args, "--signals", "signals.json", cwd=company)
    assert bad.returncode == 1
    assert "deployments/x/health" in bad.stderr
    none = pxctl(*args, "--signals", "store", cwd=company)
    assert none.returncode == 2
    assert "nothing was measured here yet" in none.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "no traffic"),
        (["--scenario", "nosuch"], "there is no scenario `nosuch`"),
        (["--all", "--against", "cheap"], "three different runs"),
        (["--all", "--fault", "error_storm"], "faults of its own"),
        (["trace.csv", "--fault", "meteor"], "`meteor` is no fault"),
        (["trace.csv", "--fault", "provider_outage:north"], "no provider, region or deployment"),
        (["trace.csv", "--against", "nosuch"], "there is no policy `nosuch`"),
        (["trace.csv", "--set", "privacy"], "--set wants NAME=VALUE"),
        (["trace.csv", "--set", "mood=good"], "`mood` cannot be set"),
        (["trace.csv", "--env", "moon"], "there is no environment `moon`"),
    ],
)
def test_words_that_do_not_go_together(pxctl: Any, company: Path, args: list[str], says: str) -> None:
    done = pxctl("simulate", *args, "-q", cwd=company)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""
