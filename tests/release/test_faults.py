"""Fault 4 and 7: lost answers, a full disk, a remote that goes away in the middle; nothing twice, nothing half."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pxctl.core.errors import GitError, NetworkError, PxctlError, RefusedError, ToolError
from pxctl.release import locks
from pxctl.release.audit import tip_problems
from pxctl.release.branch import Branch
from pxctl.release.controls import SafeModeSwitch
from pxctl.release.engine import make
from pxctl.release.publish import Publish
from pxctl.release.steps import Pause, Promote
from tests.release.world import Company, company, run


@pytest.fixture
def pushed(tmp_path: Path) -> Iterator[Company]:
    firm = company(tmp_path, remote=True)
    firm.init()
    firm.publish("one")
    yield firm
    firm.git.close()


def hook(firm: Company, name: str, text: str) -> Path:
    assert firm.remote is not None
    path = firm.remote / "hooks" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_answer_is_lost_after_the_push_took_effect(pushed: Company) -> None:
    content = pushed.commit("routing-policies/default.yaml", "name: default\ndescription: two\n")
    path = hook(pushed, "post-receive", "kill -9 $PPID")
    made = pushed.make(Publish("policies/default", content))
    assert made.status == "recovered" and made.release is not None and made.release.seq == 3
    path.unlink()
    assert pushed.make(Publish("policies/default", content)).status == "unchanged"
    assert len(pushed.log()) == 3


def test_the_connection_breaks_before_the_push_took_effect(pushed: Company) -> None:
    content = pushed.commit("routing-policies/default.yaml", "name: default\ndescription: two\n")
    once = "[ -e once ] || { touch once; kill -9 $PPID; exit 1; }"
    hook(pushed, "pre-receive", once)
    made = pushed.make(Publish("policies/default", content))
    assert made.status == "released" and made.attempts == 2 and len(pushed.log()) == 3


def test_the_remote_goes_away_in_the_middle(pushed: Company) -> None:
    content = pushed.commit("routing-policies/default.yaml", "name: default\ndescription: two\n")
    assert pushed.remote is not None
    away = pushed.remote.with_name("away.git")
    hook(pushed, "pre-receive", f"mv {pushed.remote} {away}; kill -9 $PPID; exit 1")
    with pytest.raises((NetworkError, GitError), match=r"not known whether|cannot be read|fetching"):
        pushed.make(Publish("policies/default", content))
    away.rename(pushed.remote)
    (pushed.remote / "hooks/pre-receive").unlink()
    assert pushed.make(Publish("policies/default", content)).status == "released"
    assert len(pushed.log()) == 3


def test_two_promoters_with_the_same_step_promote_once(pushed: Company) -> None:
    pushed.publish("two", plan="standard")

    class Slow(Branch):
        def advance(self, old: str | None, new: str) -> object:  # type: ignore[override]
            if not getattr(self, "raced", False):
                self.raced = True
                pushed.make(Promote("policies/default", from_step=0))
            return super().advance(old, new)

    plain = pushed.branch
    slow = Slow(plain.git, plain.environment, plain.name, plain.remote)
    slow.__dict__["record"] = Path(str(plain.record) + ".other")
    outcome = make(slow, Promote("policies/default", from_step=0), pushed.world())
    assert outcome.status in ("recovered", "unchanged")
    assert len(pushed.log()) == 4


def test_a_plan_goes_stale_when_its_tenants_changed(pushed: Company) -> None:
    content = pushed.commit("routing-policies/default.yaml", "name: default\ndescription: two\n")

    class Slow(Branch):
        def advance(self, old: str | None, new: str) -> object:  # type: ignore[override]
            if not getattr(self, "raced", False):
                self.raced = True
                pushed.publish("p1", "providers/openai")
            return super().advance(old, new)

    plain = pushed.branch
    slow = Slow(plain.git, plain.environment, plain.name, plain.remote)
    slow.__dict__["record"] = Path(str(plain.record) + ".other")
    with pytest.raises(RefusedError, match="stale plan"):
        make(slow, Publish("policies/default", content), pushed.world())
    assert set(pushed.pins().values()) == {1}


def test_a_plan_is_rebuilt_when_other_paths_changed(pushed: Company) -> None:
    pushed.publish("two", plan="standard")

    class Slow(Branch):
        def advance(self, old: str | None, new: str) -> object:  # type: ignore[override]
            if not getattr(self, "raced", False):
                self.raced = True
                pushed.make(Pause("policies/default"))
            return super().advance(old, new)

    plain = pushed.branch
    slow = Slow(plain.git, plain.environment, plain.name, plain.remote)
    slow.__dict__["record"] = Path(str(plain.record) + ".other")
    made = make(slow, SafeModeSwitch(True, reason="storm"), pushed.world())
    assert made.status == "released" and made.attempts == 2
    assert [line.split()[1] for line in pushed.log()][:2] == ["safe_mode", "pause"]


@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
@pytest.mark.parametrize("room", [0, 60, 200, 400])
def test_a_full_disk(tmp_path: Path, room: int, remote: bool) -> None:
    """No file may grow beyond `room` bytes, in us or in git, here and on the remote: as a full disk, within a write."""
    firm = company(tmp_path, remote=remote)
    firm.init()
    firm.publish("one")
    content = firm.commit("routing-policies/default.yaml", "name: default\ndescription: two\n")
    before = firm.view().commit
    firm.git.close()
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
            make(firm.branch, Publish("policies/default", content), firm.world())
            code = 0
        except (PxctlError, OSError):
            code = 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2
    view = firm.view()
    assert view.commit == before and tip_problems(view, "production") == []
    for place in {firm.root, firm.remote or firm.root}:
        assert run(place, "fsck", "--no-dangling", "--no-progress") in (
            "",
            "notice: HEAD points to an unborn branch (main)",
        )
    assert firm.make(Publish("policies/default", content)).status == "released"
    firm.git.close()


@pytest.mark.parametrize("room", [0, 200])
def test_a_full_disk_of_the_remote_alone(pushed: Company, room: int) -> None:
    """The remote's git stops in the middle of what it writes; we are told, and nothing is half there."""
    content = pushed.commit("routing-policies/default.yaml", "name: default\ndescription: two\n")
    wrapper = pushed.root.parent / "receive-pack"
    wrapper.write_text(
        "#!/bin/sh\nexec python3 -c 'import os, resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f" resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}));"
        ' os.execvp("git", ["git", "receive-pack", *sys.argv[1:]])\' "$@"\n'
    )
    wrapper.chmod(0o755)
    run(pushed.root, "config", "remote.origin.receivepack", str(wrapper))
    with pytest.raises((NetworkError, GitError, RefusedError)):
        pushed.make(Publish("policies/default", content), patience=0.5)
    run(pushed.root, "config", "--unset", "remote.origin.receivepack")
    assert tip_problems(pushed.view(), "production") == [] and len(pushed.log()) == 2
    assert pushed.make(Publish("policies/default", content)).status == "released"


def place_of(firm: Company) -> Path:
    return firm.remote or firm.root / ".git"


def test_a_stale_lock_is_cleared_only_when_its_owner_is_dead(firm: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "SETTLED", 0.05)
    firm.init()
    lock, record = place_of(firm) / "refs/heads/env/production.lock", firm.branch.record
    lock.write_text("")
    with pytest.raises(GitError, match="stays locked") as caught:
        firm.make(SafeModeSwitch(True), patience=0.2)
    assert lock.exists(), "nobody knows whose it is"
    assert caught.value.hint is not None and "pxctl doctor" in caught.value.hint
    with locks.turn(record) as held:  # as a publisher that was killed leaves it, while a git of it still runs
        held.dirty = True
        assert [(s.path, s.dead) for s in firm.branch.left_locks()] == [(lock, False)]
    os.utime(lock)
    lock.touch()
    assert [s.dead for s in firm.branch.left_locks()] == [True]
    record.write_text(f'{{"pid": 1, "at": {lock.stat().st_mtime + 5}}}')
    assert [s.dead for s in firm.branch.left_locks()] == [False], "it is older than the turn that broke off"
    record.write_text(f'{{"pid": 999999999, "at": {lock.stat().st_mtime - 5}}}')
    assert [(s.owner, s.dead) for s in firm.branch.left_locks()] == [(999999999, True)]
    assert firm.make(SafeModeSwitch(True)).status == "released" and not lock.exists()


def test_a_lock_that_changes_hands_meanwhile_is_left_alone(firm: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.init()
    lock = place_of(firm) / "refs/heads/env/production.lock"
    lock.write_text("")
    firm.branch.record.write_text(f'{{"pid": 999999999, "at": {lock.stat().st_mtime - 5}}}')

    def sleep(seconds: float) -> None:
        lock.unlink()
        lock.write_text("of a git on another host")

    monkeypatch.setattr("pxctl.release.locks.time.sleep", sleep)
    with locks.turn(firm.branch.record) as mine:
        assert not locks.clear_left(lock, mine) and lock.exists()


def test_a_turn_lasts_as_long_as_a_git_that_its_holder_started(tmp_path: Path) -> None:
    record, (out, into) = tmp_path / "turn", os.pipe()
    pid = os.fork()
    if pid == 0:
        with locks.turn(record) as mine:
            git = subprocess.Popen(["sleep", "60"], pass_fds=(mine.handle,))  # such as a push that hangs
            os.write(into, str(git.pid).encode())
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    with pytest.raises(ToolError, match=rf"process {pid}, or a git that it started"), locks.turn(record, seconds=0.1):
        pass
    os.kill(int(os.read(out, 20)), signal.SIGKILL)
    with locks.turn(record, seconds=10) as mine:
        assert mine.previous["pid"] == pid


def test_a_lock_over_the_tracking_branch_does_not_stay(pushed: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """A push moves it, too, and a user's own `git fetch` fails while it is locked; `apply` without work tidies."""
    monkeypatch.setattr(locks, "SETTLED", 0.05)
    lock = pushed.root / ".git/refs/remotes/origin/env/production.lock"
    lock.write_text("")
    pushed.branch.tidy()
    assert lock.exists(), "nobody knows whose it is"
    pushed.branch.record.write_text(f'{{"pid": 999999999, "at": {lock.stat().st_mtime - 5}}}')
    assert [(s.path, s.dead) for s in pushed.branch.left_locks()] == [(lock, True)]
    pushed.branch.tidy()
    assert not lock.exists() and pushed.branch.record.read_text() == ""


def test_a_lock_over_what_was_seen_is_cleared_once_nobody_reads(pushed: Company) -> None:
    lock, branch = pushed.root / ".git/refs/pxctl/seen/env/production.lock", pushed.branch
    run(pushed.root, "update-ref", branch.seen, f"{branch.seen}~1")  # there is something new on the remote
    lock.write_text("")
    with locks.using(branch.readers):
        assert [s.dead for s in branch.left_locks()] == [False]
        with pytest.raises(GitError, match="cannot lock ref"):
            branch.tip()
    assert [s.dead for s in branch.left_locks()] == [True]
    assert branch.tip() is not None and not lock.exists()


def test_a_repository_without_objects_is_said(tmp_path: Path) -> None:
    firm = company(tmp_path)
    firm.init()
    objects = firm.root / ".git/objects"
    shutil.move(objects, firm.root / ".git/real")
    with pytest.raises(GitError):
        firm.make(SafeModeSwitch(True))
    shutil.move(firm.root / ".git/real", objects)
    firm.git.close()
