"""How the targets stand: what `status` remembers, what they say when they are asked, and one that is ahead of us."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.app.inprocess import run as pxctl
from tests.app.test_sync import begin, desk, repo, service
from tests.conftest import git
from tests.release.targets.service import Service

from pxctl.app.flows.drift import drift
from pxctl.app.flows.sync import sync
from pxctl.app.wiring import state_folder
from pxctl.signals.journal import Journal

__all__ = ["repo", "service"]
ENV = ("--env", "production")


def status(root: Path, *more: str) -> tuple[int, dict[str, str], str]:
    done = pxctl("status", *ENV, *more, "--format", "json", cwd=root)
    found = json.loads(done.stdout) if done.stdout else {}
    shown = pxctl("status", *ENV, *more, cwd=root)
    return done.returncode, {t["target"]: t["state"] for t in found.get("target_states", ())}, shown.stdout


def another_release(root: Path) -> None:
    path = root / "providers/local.yaml"
    path.write_text(path.read_text().replace("Local", "Local again"))
    git(root, "commit", "-qam", "provider")
    assert pxctl("publish", *ENV, "--provider", "local", cwd=root).returncode == 0


def test_status_says_what_was_last_pushed_where(repo: Path) -> None:
    begin(repo)
    code, states, text = status(repo)
    assert (code, set(states.values())) == (0, {"unknown"})
    assert "never asked from this machine: pxctl status --env production --drift" in text
    sync(desk(repo))
    assert set(status(repo)[1].values()) == {"in_sync"} and "in sync, asked 20" in status(repo)[2]
    another_release(repo)
    code, states, text = status(repo)
    assert (code, states["service"]) == (0, "behind")
    assert "out of sync: it had #1, asked 20" in text and "pxctl sync --env production" in text
    assert pxctl("safe-mode", "on", *ENV, "--reason", "x", cwd=repo).returncode == 0
    assert pxctl("sync", *ENV, cwd=repo).returncode == 0
    assert set(status(repo)[1].values()) == {"in_sync"}


def test_a_release_that_changes_nothing_for_targets_leaves_them_in_sync(repo: Path) -> None:
    begin(repo)
    another_release(repo)
    sync(desk(repo))
    assert pxctl("env", "list", cwd=repo).returncode == 0
    (repo / ".pxctl/targets/production.service.json").write_text("not JSON")
    assert status(repo)[1] == {"service": "unknown", "rendered": "in_sync", "flagd": "in_sync"}


def test_drift_is_asked_for_and_exits_1(repo: Path, service: Service) -> None:
    begin(repo)
    sync(desk(repo))
    code, states, _ = status(repo, "--drift")
    assert (code, set(states.values())) == (0, {"in_sync"})
    service.tenants["acme"]["digest"] = "sha256:edited"
    orders = len(service.orders)
    code, states, text = status(repo, "--drift")
    assert (code, states["service"], states["rendered"]) == (1, "out_of_sync", "in_sync")
    assert "nothing was sent" in text and len(service.orders) == orders
    assert status(repo)[1]["service"] == "out_of_sync", "and it is remembered"


def test_a_target_that_is_down_is_said_and_the_others_answer(
    repo: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pxctl.release.rest.BASE_S", 0.001)
    begin(repo)
    sync(desk(repo))
    service.down = True
    code, states, text = status(repo, "--drift")
    assert (code, states) == (2, {"service": "down", "rendered": "in_sync", "flagd": "in_sync"})
    assert "service: " in text and "goes on serving 2 items" in text
    assert "down, asked 20" in status(repo)[2] and "last seen with #1" in status(repo)[2]


def test_a_target_that_hangs_does_not_hold_the_others(repo: Path, service: Service) -> None:
    begin(repo)
    service.delay = 3.0
    report = {t.target: t for t in drift(desk(repo), within=0.4).targets}
    assert (report["service"].state, report["rendered"].state) == ("down", "out_of_sync")
    assert report["service"].error is not None
    service.delay = 0.0


def test_targets_are_asked_although_the_remote_of_the_branch_is_gone(repo: Path, tmp_path: Path) -> None:
    git(repo, "init", "-q", "--bare", str(tmp_path / "origin.git"))
    git(repo, "remote", "add", "origin", str(tmp_path / "origin.git"))
    begin(repo)
    sync(desk(repo))
    (tmp_path / "origin.git").rename(tmp_path / "gone.git")
    for words in (("--drift",), ("--drift", "--offline")):
        code, states, _ = status(repo, *words)
        assert (code, set(states.values())) == (0, {"in_sync"})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--drift", "--at", "1"), "--drift asks what the targets hold now"),
        (("--drift", "--tenant", "acme"), "--drift asks what the targets hold now"),
        (("--drift", "--figures"), "--drift asks what the targets hold now"),
    ],
)
def test_drift_is_about_now(repo: Path, words: tuple[str, ...], message: str) -> None:
    begin(repo)
    done = pxctl("status", *ENV, *words, cwd=repo)
    assert done.returncode == 2 and message in done.stderr


def test_asking_nobody_is_no_success(repo: Path) -> None:
    begin(repo)
    text = (repo / "pxctl.yaml").read_text().replace("targets: [service, rendered, flagd]", "targets: []")
    (repo / "pxctl.yaml").write_text(text)
    git(repo, "commit", "-qam", "no targets")
    for words in (("--drift",), ("--drift", *ENV)):
        done = pxctl("status", *words, cwd=repo)
        assert done.returncode == 2 and "targets to ask" in done.stderr


@pytest.fixture
def anew(repo: Path) -> Path:
    """An environment that was begun anew: the targets hold release 3, the branch is at 1."""
    begin(repo)
    another_release(repo)
    assert pxctl("safe-mode", "on", *ENV, cwd=repo).returncode == 0
    assert pxctl("sync", *ENV, cwd=repo).returncode == 0
    git(repo, "branch", "-D", "env/production")
    shutil.rmtree(repo / ".git/refs/pxctl", ignore_errors=True)
    begin(repo)
    return repo


def test_an_environment_that_was_begun_anew_is_one_message_and_one_way_out(anew: Path, service: Service) -> None:
    done = pxctl("sync", *ENV, cwd=anew)
    assert done.returncode == 2
    assert "it has release 3, and 1 is the newest here" in done.stdout
    shown = " ".join(done.stdout.split())
    assert "pxctl sync --env production --target service --adopt --reason WHY" in shown
    refused = pxctl("sync", *ENV, "--adopt", cwd=anew)
    assert refused.returncode == 2 and "--adopt needs a reason" in refused.stderr
    looked = pxctl("sync", *ENV, "--adopt", "--reason", "begun anew", "--dry-run", cwd=anew)
    assert (looked.returncode, service.seq) == (1, 3)
    done = pxctl("sync", *ENV, "--adopt", "--reason", "begun anew", cwd=anew)
    assert done.returncode == 0, done.stdout
    assert "service: had release 3 of another history, which gives way" in done.stdout
    assert service.seq == 1 and {t["seq"] for t in service.tenants.values()} == {1}
    assert json.loads((anew / "out/rendered/production/RELEASE.json").read_text())["seq"] == 1
    events = [e for e in Journal(state_folder(anew) / "journal.jsonl").read() if e["event"] == "target.adopted"]
    assert [(e["target"], e["instead_of"], e["reason"]) for e in events] == [
        (name, 3, "begun anew") for name in ("service", "rendered", "flagd")
    ]
    again = pxctl("sync", *ENV, cwd=anew)
    assert again.returncode == 0 and set(status(anew)[1].values()) == {"in_sync"}


def test_adopting_where_nothing_is_newer_is_a_plain_sync(repo: Path, service: Service) -> None:
    begin(repo)
    sync(desk(repo))
    orders = len(service.orders)
    assert {t.adopted for t in sync(desk(repo), adopt="why").targets} == {None}
    assert len(service.orders) == orders


def test_a_service_that_does_not_know_adopts_refuses_and_keeps_what_it_has(anew: Path, service: Service) -> None:
    service.adopts = False
    report = {t.target: t for t in sync(desk(anew), adopt="begun anew").targets}
    assert (report["service"].state, report["service"].kept, service.seq) == ("out_of_sync", 2, 3)
    assert report["rendered"].state == "in_sync"
