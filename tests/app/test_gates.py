"""Gates in a rollout, from pxctl.yaml to the record of the release."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.conftest import git

from pxctl.app.flows.gates import inside
from pxctl.app.flows.live_start import first_release
from pxctl.app.flows.promote import promote_rollouts, stopped
from pxctl.app.flows.publish import publish_subject
from pxctl.app.flows.release import Desk
from pxctl.app.wiring import state_folder
from pxctl.core.errors import ConfigError, InputError
from pxctl.model.evidence import CallSample, Evidence, SuiteResult
from pxctl.model.live import ReleaseResult
from pxctl.model.release import Release
from pxctl.signals.store import SignalStore

AT = datetime(2026, 11, 1, 10, tzinfo=UTC)
POLICY = "name: default\ndescription: {}\nroutes: [{{name: all, match: {{}}, candidates: [local/m]}}]\n"
FILES = {
    "providers/local.yaml": """
id: local
display_name: Local
kind: ollama
status: active
endpoints: [{region: eu, url: "http://127.0.0.1:9"}]
models: [{id: m, context_tokens: 8000, price: {input_per_mtok: 0}}]
limits: {rpm: 100}
""",
    "routing-policies/default.yaml": POLICY.format("first"),
    "tenants/all.yaml": """
tenants:
  - {id: acme, tier: gold, business_line: retail, region: eu, privacy_max: public}
  - {id: beta, tier: free, business_line: retail, region: eu, privacy_max: public}
""",
}
ERRORS = '{kind: metric, name: errors, metric: error_rate, success: "<= 0.02", min_samples: 10, interval: 5m, count: 2}'


class Clock:
    def __init__(self) -> None:
        self.at = AT

    def now(self) -> datetime:
        return self.at

    def forward(self, **delta: float) -> None:
        self.at += timedelta(**delta)


class World:
    """A repository with one rollout on its way."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self.root, self.clock = root, clock
        first_release(self.desk, empty=False, principal=None, unsigned=True, reason="", dry_run=False)
        (root / "routing-policies/default.yaml").write_text(POLICY.format("second"))
        git(root, "commit", "-qam", "second")

    @property
    def desk(self) -> Desk:
        return Desk(self.root, "production", clock=self.clock)

    def publish(self) -> ReleaseResult:
        return publish_subject(self.desk, "policies/default", "direct")[0]

    def promote(self, if_ready: bool = True) -> ReleaseResult:
        (result,) = promote_rollouts(self.desk, None, full=False, if_ready=if_ready, reason="", dry_run=False)
        return result

    def traffic(self, minutes: range, errors: int = 0, calls: int = 20) -> None:
        """Calls of the local provider, one batch a minute after `AT`; of each, `errors` fail."""
        samples = [
            CallSample(provider="local", deployment="local/m@eu", at=AT + timedelta(minutes=minute, seconds=n),
                       ok=n >= errors, latency_ms=10.0, error_code=None if n >= errors else "server_error")
            for minute in minutes for n in range(calls)
        ]  # fmt: skip
        with SignalStore(state_folder(self.root) / "signals.db") as store:
            store.record(samples=samples, now=self.clock.now())

    def release(self) -> Release:
        branch = self.desk.branch
        found = branch.view(branch.tip()).release
        assert found is not None
        return found

    def has(self) -> dict[str, int | None]:
        branch = self.desk.branch
        return {t: p.get("policies/default") for t, p in branch.view(branch.tip()).pins().items()}


@pytest.fixture
def world(make_repo: Callable[..., Path]) -> Callable[..., World]:
    def build(gates: str = ERRORS, environment: str = "", wait: str = "10m", **files: str) -> World:
        project = f"""
environments: {{production: {{rollout: standard, gates: [{environment}]}}}}
rollouts:
  standard:
    steps:
      - {{canary: {{names: [acme]}}, wait: {wait}, gates: [{gates}]}}
      - {{full: true}}
"""
        return World(make_repo({"pxctl.yaml": project, **FILES, **files}), Clock())

    return build


def test_good_metrics_let_it_go_on_once_the_wait_is_over(world: Callable[..., World]) -> None:
    w = world()
    w.publish()
    w.traffic(range(12))
    w.clock.forward(minutes=6)
    assert w.promote().status == "unchanged"
    w.clock.forward(minutes=5)
    done = w.promote()
    assert done.status == "released"
    assert w.has() == {"acme": 2, "beta": 2}
    (gate,) = w.release().gates
    assert (gate.kind, gate.name, gate.verdict, gate.facts["measurements"]) == ("metric", "errors", "passed", 2)


def test_argo_rollouts_1411_a_failed_gate_ends_the_rollout(world: Callable[..., World]) -> None:
    w = world()
    w.publish()
    w.traffic(range(12), errors=5)
    w.clock.forward(minutes=11)
    result = w.promote()
    assert (result.plan.op, result.status) == ("abort", "released")
    assert stopped([result])
    assert w.has() == {"acme": 1, "beta": 1}
    assert "gate errors failed" in w.release().reason
    assert w.release().gates[0].verdict == "failed"


def test_flagger_1801_a_failed_gate_ends_it_while_it_waits_and_while_it_is_paused(world: Callable[..., World]) -> None:
    for paused in (False, True):
        w = world(wait="4h", **({"note": "x"} if paused else {}))
        w.publish()
        if paused:
            from pxctl.app.flows.release import release
            from pxctl.release.steps import Pause

            release(w.desk, Pause(reason="let us see"))
        w.traffic(range(12), errors=5)
        w.clock.forward(minutes=11)
        assert w.promote().plan.op == "abort"
        assert w.has() == {"acme": 1, "beta": 1}
        break_here = w.root
        break_here.rename(break_here.with_name(f"done-{paused}"))


def test_argo_rollouts_3850_inconclusive_pauses_and_a_person_goes_on(world: Callable[..., World]) -> None:
    w = world()
    w.publish()
    w.clock.forward(minutes=11)
    result = w.promote()
    assert (result.plan.op, w.release().rollouts[0].state) == ("pause", "paused")
    assert "no samples" in w.release().reason or "fewer than 10 samples" in w.release().reason
    assert w.has() == {"acme": 2, "beta": 1}
    assert w.promote().status == "unchanged"


def test_still_measuring_waits_and_does_not_pause(world: Callable[..., World]) -> None:
    w = world(wait="1m")
    w.publish()
    w.traffic(range(7))
    w.clock.forward(minutes=6)
    result = w.promote()
    assert (result.status, w.release().rollouts[0].state) == ("unchanged", "running")
    assert "1 of 2 measurements" in result.why


def test_by_hand_a_gate_that_does_not_hold_refuses(world: Callable[..., World]) -> None:
    w = world()
    w.publish()
    w.traffic(range(12), errors=5)
    w.clock.forward(minutes=11)
    with pytest.raises(InputError, match="errors failed: "):
        w.promote(if_ready=False)
    assert w.has() == {"acme": 2, "beta": 1}


def test_samples_from_before_the_step_do_not_count(world: Callable[..., World]) -> None:
    w = world()
    w.traffic(range(-60, 0))
    w.publish()
    w.clock.forward(minutes=11)
    assert w.promote().plan.op == "pause"


@pytest.mark.parametrize(("score", "op"), [(0.97, "promote"), (0.5, "abort")])
def test_the_health_score_of_validation_runs(world: Callable[..., World], score: float, op: str) -> None:
    w = world(
        '{kind: metric, name: health, metric: health, success: ">= 0.9", min_samples: 3, interval: 2m}', wait="1m"
    )
    w.publish()
    result = SuiteResult(suite="chat", model="m", region="eu", passed=True, calls=5)
    at = AT + timedelta(seconds=30)
    evidence = Evidence(provider="local", blob="b", tool_version="1", started_at=at, finished_at=at, passed=True,
                        expires_at=at + timedelta(days=1), health=score, results=(result,), digest="d")  # fmt: skip
    w.clock.forward(minutes=2)
    with SignalStore(state_folder(w.root) / "signals.db") as store:
        store.record(evidence=[evidence], now=w.clock.now())
    assert w.promote().plan.op == op


def test_a_file_of_measurements(world: Callable[..., World]) -> None:
    w = world('{kind: metric, name: hits, source: file, file: hits.json, success: ">= 0.9", count: 1}', wait="1m")
    w.publish()
    (w.root / "hits.json").write_text(json.dumps([{"at": "2026-11-01T10:01:30Z", "value": 0.95, "samples": 9}]))
    w.clock.forward(minutes=2)
    assert w.promote().status == "released"


@pytest.mark.parametrize("kind", ["lint", "scenarios", "guarantees", "decisions", "evidence", "approvals"])
def test_every_kind_of_gate_is_judged_or_says_why_not(world: Callable[..., World], kind: str) -> None:
    w = world(f"{{kind: {kind}}}", wait="1m")
    w.publish()
    w.clock.forward(minutes=2)
    result = w.promote()
    (gate,) = w.release().gates
    assert gate.kind == kind
    assert gate.detail
    if kind in ("lint", "evidence"):
        assert (gate.verdict, result.status) == ("passed", "released")
    else:
        assert (gate.verdict, result.plan.op) == ("inconclusive", "pause")


SCENARIO = """
name: calm
requests: 200
population: {privacy: {public: 1}}
expect: {served_min: SHARE}
"""


GUARANTEE = """
guarantees:
  - {name: at-home, always: {regions: [REGION]}}
"""


@pytest.mark.parametrize(("region", "op"), [("eu", "promote"), ("us", "abort")])
def test_guarantees_are_proved_for_the_version_that_is_released(
    world: Callable[..., World], region: str, op: str
) -> None:
    w = world("{kind: guarantees}", wait="1m", **{"guarantees.yaml": GUARANTEE.replace("REGION", region)})
    w.publish()
    w.clock.forward(minutes=2)
    result = w.promote()
    (gate,) = w.release().gates
    assert (result.plan.op, gate.facts["checked"]) == (op, 1), gate.detail


@pytest.mark.parametrize(("share", "op"), [("0.9", "promote"), ("0.9, never: [local]", "abort")])
def test_scenarios_decide(world: Callable[..., World], share: str, op: str) -> None:
    w = world("{kind: scenarios}", wait="1m", **{"scenarios/calm.yaml": SCENARIO.replace("SHARE", share)})
    w.publish()
    w.clock.forward(minutes=2)
    assert w.promote().plan.op == op


def test_the_environments_gates_hold_before_the_first_step(world: Callable[..., World]) -> None:
    w = world("", environment="{kind: lint}")
    (w.root / "routing-policies/default.yaml").write_text(POLICY.format("third").replace("local/m", "gone/m"))
    git(w.root, "commit", "-qam", "a candidate that does not exist")
    with pytest.raises(InputError, match="lint failed: "):
        w.publish()
    assert w.has() == {"acme": 1, "beta": 1}


def test_decision_impact_on_traffic(world: Callable[..., World]) -> None:
    trace = "TIMESTAMP,ContextTokens,GeneratedTokens\n" + "".join(
        f"2023-11-16 18:00:{n:02d}.0000000,{100 + n},{10 + n}\n" for n in range(40)
    )
    w = world('{kind: decisions, file: trace.csv, fail_on: ["changed:1%"]}', wait="1m", **{"trace.csv": trace})
    w.publish()
    w.clock.forward(minutes=2)
    w.promote()
    (gate,) = w.release().gates
    assert gate.verdict == "passed", gate.detail
    assert gate.facts["rows"] == 40


def test_files_outside_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/link").symlink_to("/etc/passwd")
    assert inside(tmp_path / "repo", "a/b.json").name == "b.json"
    for name in ("../x", "/etc/passwd", "link", "a/../../x"):
        with pytest.raises(ConfigError, match="outside"):
            inside(tmp_path / "repo", name)
