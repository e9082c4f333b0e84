"""SIGKILL at every file-changing call of a releasing command: what it leaves, and what the same command does after it.

The commands are the real ones, from the command line's entry down, in a forked process that has everything imported.
Each point has a fresh copy of one prepared repository (and of its remote), always at the same place.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pxctl.app.errors import guarded
from pxctl.core.errors import PxctlError
from pxctl.model.project import StateLocation
from pxctl.release.branch import Branch, open_branch
from pxctl.release.git import Git
from pxctl.release.verify import Verification
from pxctl.signals.journal import Journal
from tests.release.test_verbs import TENANTS, commit, edit, repository
from tests.release.tracer import Call, traced
from tests.release.world import run

Deaths = Literal["everything", "the publisher's host", "that process alone"]
COMMANDS: dict[str, tuple[str, ...]] = {
    "publish": ("publish", "--policy", "default", "--direct"),
    "publish, as a pack": ("publish", "--policy", "default", "--direct"),
    "apply": ("apply",),
    "promote": ("promote", "--policy", "default", "--full"),
    "rollback": ("rollback", "--reason", "bad"),
}


@dataclass
class Tally:
    """What came of all points of a command."""

    points: int = 0
    old: int = 0
    new: int = 0
    locks: int = 0
    retries: int = 0
    wrong: list[str] = field(default_factory=list)
    """Torn states, errors of fsck, false answers, locks that doctor does not see, commands that do not go through."""
    processes: Counter[str] = field(default_factory=Counter)


@dataclass
class Scene:
    """A prepared repository that is one command away from its next release."""

    home: Path
    command: tuple[str, ...]
    remote: bool
    calls: tuple[Call, ...] = ()
    killed: bool = False
    before: int = 0
    payload: str = ""

    @property
    def root(self) -> Path:
        return self.home / "stage/repo"

    @property
    def truth(self) -> Path:
        """The repository whose branch counts."""
        return self.home / "stage/remote.git" if self.remote else self.root

    def fresh(self) -> None:
        """Everything as it was before the command."""
        shutil.rmtree(self.home / "stage", ignore_errors=True)
        shutil.copytree(self.home / "template", self.home / "stage", symlinks=True)

    def play(self, kill_at: int = -1, spare: Collection[str] | None = (), trace: bool = True) -> tuple[int, str]:
        """Run the command; its exit code, or minus the signal, and what it said."""
        out, into = os.pipe()

        def work() -> int:
            os.environ["XDG_CACHE_HOME"] = str(self.home / "stage/cache")
            sys.stdout = sys.stderr = open(into, "w", closefd=False)  # noqa: SIM115 - lives as long as we do
            return guarded([*self.command, "--env", "production", "--repo", str(self.root)])

        if trace:
            found = traced(work, kill_at, spare)
            code, self.killed = found.code, 0 <= kill_at < len(found.calls)
            self.calls = found.calls if kill_at < 0 else self.calls
        else:
            pid = os.fork()
            if pid == 0:
                status = 70
                try:
                    status = work()
                finally:
                    os._exit(status)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(into)
        with os.fdopen(out, errors="replace") as pipe:
            return code, pipe.read()

    def look(self) -> tuple[int, str, list[str]]:
        """How many releases there are, the newest one's payload, and what is wrong with them and with the files."""
        wrong = []
        with Git(self.truth) as git:
            branch = Branch(git, "production", "env/production", None)
            try:
                tip = branch.tip() or ""
                report = Verification(branch, datetime.now(UTC), timedelta(days=14)).walk(tip)
                count, payload = report.releases, branch.view(tip).payload_tree()
                wrong += [f"torn: {p.problem}" for p in report.problems]
            except PxctlError as error:
                count, payload = -1, ""
                wrong.append(f"torn: {error}")
        for place in {self.truth, self.root}:
            done = subprocess.run(
                ["git", "fsck", "--no-dangling", "--no-progress"], cwd=place, capture_output=True, check=False
            )
            if done.returncode or done.stdout or done.stderr:
                wrong.append(f"fsck: {(done.stdout + done.stderr).decode()[:200]}")
        return count, payload, wrong

    def locks(self) -> tuple[set[Path], set[Path]]:
        """Git's lock files that are there, and those that doctor says a dead process left."""
        there = {lock.resolve() for place in {self.truth, self.root} for lock in place.rglob("*.lock")}
        os.environ["XDG_CACHE_HOME"] = str(self.home / "stage/cache")
        with Git(self.root) as git:
            left = open_branch(git, "production", StateLocation()).left_locks()
        return there, {lock.path.resolve() for lock in left if lock.dead}


def scene(home: Path, name: str, remote: bool) -> Scene:
    """Prepare a repository for one of the COMMANDS, run it once without harm, and note its calls and its outcome."""
    stage = home / "stage"
    stage.mkdir(parents=True)
    root = repository(stage, remote=remote)
    if remote:
        run(stage / "remote.git", "symbolic-ref", "HEAD", "refs/heads/main")
        run(root, "push", "-q", "origin", "main")
    _verb(root, "env", "init", "production")
    if name == "publish, as a pack":
        rows = "".join(TENANTS.splitlines(keepends=True)[1].replace("acme", f"t{i:03d}") for i in range(120))
        (root / "tenants/all.yaml").write_text(TENANTS + rows)
        commit(root, "many")
        _verb(root, "publish", "--roster", "--env", "production", "--direct")
    edit(root, "two")
    if name == "promote":
        _verb(root, "publish", "--env", "production", "--policy", "default", "--direct", "--rollout", "standard")
    if name == "rollback":
        _verb(root, "publish", "--env", "production", "--policy", "default", "--direct")
    if name == "apply":
        _verb(root, "publish", "--env", "production", "--policy", "default", "--request")
        commit(root, "request")
    for hooks in stage.rglob("hooks"):
        shutil.rmtree(hooks)
    stage.rename(home / "template")
    made = Scene(home, COMMANDS[name], remote)
    made.fresh()
    made.before = made.look()[0]
    code, said = made.play()
    count, made.payload, wrong = made.look()
    assert (code, count, wrong) == (0, made.before + 1, []), (code, count, wrong, said)
    return made


def _verb(root: Path, *args: str) -> None:
    old, os.environ["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME"), str(root.parent / "cache")
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
        assert guarded([*args, "--repo", str(root)]) == 0, said.getvalue()
    if old is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = old


def judge(there: Scene, point: int, deaths: Deaths, tally: Tally) -> None:
    """Kill at one point, look at what is left, and run the same command again."""
    there.fresh()
    spare = {"everything": (), "the publisher's host": (str(there.truth),), "that process alone": None}[deaths]
    code, said = there.play(point, spare)
    if not there.killed:  # one call fewer than in the clean run
        return
    wrong = []
    count, payload, found = there.look()
    wrong += found
    if count not in (there.before, there.before + 1) or (count > there.before and payload != there.payload):
        wrong.append(f"torn: {count} releases")
    if code == 0 and count == there.before:
        wrong.append("it said that it was done, and it was not")
    if code > 0 and count > there.before and "not known whether" not in said:
        wrong.append(f"it said that it failed, and it was done: {said}")
    if code == 3:
        wrong.append(f"a bug: {said}")
    locks, seen = there.locks()
    wrong += [f"doctor does not see {lock}" for lock in locks - seen]
    for attempt in range(2):
        again, said = there.play(trace=False)
        if again == 0:
            tally.retries += attempt
            break
    else:
        wrong.append(f"stuck: {said}")
    after, payload, found = there.look()
    wrong += [f"after it, {text}" for text in found]
    if after != there.before + 1 or payload != there.payload:
        wrong.append(f"after it, there are {after} releases where {there.before + 1} should be, or another content")
    wrong += [f"{lock} stays" for lock in there.locks()[0]]
    list(Journal(there.root / ".pxctl/journal.jsonl").read())
    tally.points += 1
    tally.old += count == there.before
    tally.new += count > there.before
    tally.locks += len(locks)
    call = there.calls[point] if point < len(there.calls) else Call("?", "?", "?")
    tally.processes[call.process] += 1
    tally.wrong += [f"{deaths} killed before {call.process}'s {call.name} {call.file}: {text}" for text in wrong]
