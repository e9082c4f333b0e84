"""A gate that says nothing for ever: somebody who may goes on without it, and everybody can see that."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.app.inprocess import run as pxctl
from tests.app.test_gates import ERRORS, World, world
from tests.release.world import make_key

from pxctl.app.flows.promote import promote_rollouts
from pxctl.app.flows.release import Desk, release
from pxctl.app.flows.signers import add_signer
from pxctl.core.errors import InputError, RefusedError, UsageError
from pxctl.model.live import ReleaseResult
from pxctl.model.release import GateResult
from pxctl.release.audit import gate_problems
from pxctl.release.gates_override import overruled, require_gates
from pxctl.release.steps import Retry

__all__ = ["world"]
GONE = "Prometheus is gone for good"


def promote(w: World, *names: str, reason: str = GONE, **more: Any) -> ReleaseResult:
    values = {"full": False, "if_ready": False, "dry_run": False, **more}
    desk = Desk(w.root, "production", clock=w.clock, key_file=values.pop("key", None))
    (result,) = promote_rollouts(desk, None, reason=reason, overrides=names, **values)
    return result


@pytest.fixture
def stuck(world: Callable[..., World]) -> World:
    """A rollout whose gate was never given a measurement."""
    w = world()
    w.publish()
    w.clock.forward(minutes=11)
    return w


def test_the_refusal_names_the_way_on_and_the_way_on_works(stuck: World) -> None:
    with pytest.raises(InputError, match="errors says nothing: 2 of the last 2 measurements say nothing") as refused:
        promote(stuck)
    assert "pxctl promote --override errors --reason WHY" in str(refused.value.hint)
    assert promote(stuck, "errors").status == "released"
    assert stuck.has() == {"acme": 2, "beta": 2}


def test_it_stands_in_the_record_the_log_the_status_the_commit_and_the_journal(stuck: World) -> None:
    promote(stuck, "errors")
    (gate,) = stuck.release().gates
    assert (gate.verdict, gate.overridden) == ("inconclusive", GONE)
    (word,) = next(r for r in stuck.release().rollouts if r.subject == "policies/default").overrides or ()
    assert (word.gate, word.verdict, word.reason, word.at) == ("errors", "inconclusive", GONE, stuck.clock.now())
    env = ("--env", "production")
    assert "without gate errors" in pxctl("audit", "log", *env, cwd=stuck.root).stdout
    assert f"overridden: {GONE}" in pxctl("audit", "show", "3", *env, cwd=stuck.root).stdout
    status = pxctl("status", *env, cwd=stuck.root).stdout
    assert "gate errors of policies/default at canary was overridden by" in status and GONE in status
    assert json.loads(pxctl("audit", "export", *env, cwd=stuck.root).stdout)["entries"][0]["overridden"] == ["errors"]
    branch = stuck.desk.branch
    assert "Gate overridden: errors (inconclusive" in stuck.desk.git.text("log", "-1", "--format=%B", branch.ref)
    assert '"gate.overridden"' in (stuck.root / ".pxctl/journal.jsonl").read_text()
    assert pxctl("audit", "verify", *env, cwd=stuck.root).returncode == 0


def test_it_is_still_in_status_after_the_next_release(stuck: World) -> None:
    promote(stuck, "errors")
    pxctl("safe-mode", "on", "--env", "production", cwd=stuck.root)
    assert "was overridden by" in pxctl("status", "--env", "production", cwd=stuck.root).stdout


def test_what_needs_no_override_records_none(world: Callable[..., World]) -> None:
    w = world()
    w.publish()
    w.traffic(range(12))
    w.clock.forward(minutes=11)
    assert promote(w, "errors").status == "released"
    assert [g.overridden for g in w.release().gates] == [None]
    assert '"overrides"' not in w.desk.git.text("show", f"{w.desk.branch.ref}:RELEASE.json")


@pytest.mark.parametrize(
    ("names", "options", "error", "message"),
    [
        (("errors",), {"reason": ""}, UsageError, "an override needs a reason"),
        (("latency",), {}, UsageError, "this step waits for no gate `latency`"),
        (("errors",), {"if_ready": True}, UsageError, "--if-ready overrides no gate"),
    ],
)
def test_wrong_uses_are_refused(
    stuck: World, names: tuple[str, ...], options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        promote(stuck, *names, **options)
    assert stuck.has() == {"acme": 2, "beta": 1}


def test_a_measured_failure_needs_the_environments_leave(world: Callable[..., World]) -> None:
    w = world()
    w.publish()
    w.traffic(range(12), errors=5)
    w.clock.forward(minutes=11)
    with pytest.raises(RefusedError, match="gate `errors` measured a failure") as refused:
        promote(w, "errors")
    assert "pxctl abort" in str(refused.value.hint) and "override: failed" in str(refused.value.hint)
    text = (w.root / "pxctl.yaml").read_text()
    (w.root / "pxctl.yaml").write_text(text.replace("rollout: standard,", "rollout: standard, override: failed,"))
    w.desk.git.run("commit", "-qam", "failures may be overridden here")
    assert promote(w, "errors").status == "released"
    status = pxctl("status", "--env", "production", cwd=w.root).stdout
    assert "(it failed: " in status


def test_a_paused_rollout_is_resumed_first(stuck: World) -> None:
    assert stuck.promote(if_ready=True).plan.op == "pause"
    with pytest.raises(RefusedError, match="is paused: gate errors inconclusive") as refused:
        promote(stuck, "errors")
    assert "`pxctl retry` resumes it, and promote goes on (--override GATE" in str(refused.value.hint)
    assert release(stuck.desk, Retry()).status == "released"
    assert promote(stuck, "errors").status == "released"


def test_with_signers_it_takes_a_person_who_may_publish_and_approve(
    world: Callable[..., World], tmp_path: Path
) -> None:
    w = world()
    w.publish()
    w.clock.forward(minutes=11)
    for name, may, bot in (("ada", ("publish", "approve", "signers"), False), ("pat", ("publish",), False),
                           ("robo", ("publish", "approve"), True)):  # fmt: skip
        make_key(tmp_path, name)
        desk = Desk(w.root, "production", clock=w.clock, key_file=tmp_path / "ada")
        add_signer(desk, name, (tmp_path / f"{name}.pub",), None, may, bot, "", False)
    for name in ("pat", "robo"):
        with pytest.raises(RefusedError, match=f"`{name}` may not override a gate here"):
            promote(w, "errors", key=tmp_path / name)
    assert promote(w, "errors", key=tmp_path / "ada").status == "released"
    (word,) = next(r for r in w.release().rollouts if r.subject == "policies/default").overrides or ()
    assert word.by == "ada"
    assert pxctl("audit", "verify", "--env", "production", cwd=w.root).returncode == 0
    view = w.desk.branch.view(w.desk.branch.tip())
    people = {p.principal: p for p in view.signers.signers}
    assert gate_problems(view, w.release(), people["ada"]) == []
    for name in ("pat", "robo"):
        assert gate_problems(view, w.release(), people[name]) == [
            "gate `errors` was overridden by somebody who may not approve"
        ]


def gate(kind: str = "metric", verdict: str = "inconclusive", name: str = "errors") -> GateResult:
    return GateResult.model_validate({"kind": kind, "name": name, "verdict": verdict, "detail": "why"})


def test_missing_approvals_are_never_replaced() -> None:
    with pytest.raises(RefusedError, match="nobody replaces them"):
        overruled([gate("approvals", name="")], ["approvals"], GONE, "failed")
    with pytest.raises(InputError) as refused:
        require_gates([gate("approvals", name="")])
    assert "--override" not in str(refused.value.hint)


def test_an_environment_may_allow_none_at_all() -> None:
    with pytest.raises(RefusedError, match="lets nobody override a gate"):
        overruled([gate()], ["errors"], GONE, "never")
    passed = gate(verdict="passed")
    assert overruled([passed], ["errors"], GONE, "never") == (passed,)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"overridden": None}, "did not pass, and nobody overrode it"),
        ({"overridden": ""}, "cannot be overridden like this"),
        ({"kind": "approvals"}, "cannot be overridden like this"),
        ({"verdict": "passed", "overridden": None}, ""),
    ],
)
def test_audit_verify_finds_a_step_that_its_gates_did_not_let_go_on(
    stuck: World, change: dict[str, Any], problem: str
) -> None:
    promote(stuck, "errors")
    made = stuck.release()
    forged = made.model_copy(update={"gates": (made.gates[0].model_copy(update=change),)})
    assert [p for p in gate_problems(None, forged, None) if problem not in p or not problem] == []
    assert bool(gate_problems(None, forged, None)) is bool(problem)


def test_one_override_leaves_the_other_gates_in_force() -> None:
    left = overruled([gate(), gate(name="latency"), gate("lint", "failed", "")], ["errors"], GONE, "inconclusive")
    with pytest.raises(InputError, match="latency says nothing: why; lint failed: why") as refused:
        require_gates(left)
    assert "--override" not in str(refused.value.hint), "one of them failed"


def test_the_default_lets_failures_stand(world: Callable[..., World]) -> None:
    assert world(ERRORS).desk.settings.override == "inconclusive"
