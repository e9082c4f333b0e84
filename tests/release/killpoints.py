"""SIGKILL at every file-changing system call of every git process that a release runs.

strace counts a clean run's calls, process by process; then each of them is injected with a SIGKILL in a run of its own,
and pxctl dies with its git. What is left is judged, and the same command runs again.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pxctl.core.errors import PxctlError
from pxctl.release.audit import tip_problems
from pxctl.release.engine import make
from pxctl.release.git import Done, Git
from tests.release.world import Company, run

WRITERS = ("unpack-objects", "index-pack", "update-ref", "push", "fetch")
CALLS = ("mkdir", "rename", "link", "unlink", "write", "fsync", "ftruncate", "chmod", "pwrite64", "close", "openat")
QUIET = ("close",)  # only the ones of files that were opened for writing
Change = Callable[[Company], Any]


@dataclass(frozen=True)
class Point:
    """The `nth` call of that name in some process of the `command`-th writing git command of a release."""

    command: int
    call: str
    nth: int


@dataclass
class Tally:
    """What came of all points."""

    points: int = 0
    old: int = 0
    new: int = 0
    torn: list[str] = field(default_factory=list)
    fsck: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    locks: int = 0
    retries: int = 0


class TracedGit(Git):
    """Git whose writing commands run under strace; `point` says which one is killed where."""

    logs: Path
    point: Point | None = None
    commands: int = 0

    def try_run(self, *args: str, input: bytes | None = None, timeout: float | None = None) -> Done:
        if args[0] not in WRITERS:
            return super().try_run(*args, input=input, timeout=timeout)
        number, self.commands = self.commands, self.commands + 1
        prefix = ["strace", "-ff", "-qq", "-e", "signal=none", "-e", "trace=" + ",".join(CALLS)]
        prefix += ["-o", str(self.logs / f"trace.{number}")]
        if self.point is not None and self.point.command == number:
            prefix += ["-e", f"inject={self.point.call}:signal=KILL:when={self.point.nth}"]
        elif self.point is not None:
            return super().try_run(*args, input=input, timeout=timeout)
        done = self._strace(prefix, args, input)
        if self.point is not None and self.point.command == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def _strace(self, prefix: list[str], args: tuple[str, ...], input: bytes | None) -> Done:
        from pxctl.load.git import clean_environment
        from pxctl.release.git import SETTINGS

        settings = [word for setting in SETTINGS for word in ("-c", setting)]
        done = subprocess.run(
            [*prefix, "git", *settings, *args], cwd=self.root, input=input, capture_output=True,
            env=clean_environment(), check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def points_of(logs: Path) -> list[Point]:
    """Every file-changing call of a clean run: for each command, the calls of each of its processes."""
    found: dict[Point, None] = {}
    for log in sorted(logs.glob("trace.*")):
        command = int(log.name.split(".")[1])
        seen: dict[str, int] = {}
        writable: set[str] = set()
        for line in log.read_text(errors="replace").splitlines():
            match = re.match(r"(\w+)\((.*)", line)
            if match is None:
                continue
            call, rest = match[1], match[2]
            seen[call] = seen.get(call, 0) + 1
            if call == "openat":
                if "O_CREAT" not in rest:
                    continue
                writable.add(rest.rpartition("= ")[2].strip())
            if call == "close" and rest.partition(")")[0] not in writable:
                continue
            found.setdefault(Point(command, call, seen[call]))
    return list(found)


def _child(firm: Company, change: Change, logs: Path, point: Point | None) -> int:
    """Run a release in a forked process; its wait status."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            git = TracedGit(firm.root)
            git.logs, git.point = logs, point
            firm.git = git
            make(firm.branch, change(firm), firm.world())
            code = 0
        except PxctlError as error:
            os.write(2, f"{error}\n".encode())
            code = 4
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1]


def _copy(firm: Company, target: Path) -> Company:
    shutil.copytree(firm.root.parent, target, symlinks=True)
    copy = Company(
        target / firm.root.name, target / firm.remote.name if firm.remote else None, firm.tenants, firm.project,
        firm.key, firm.clock,
    )  # fmt: skip
    if copy.remote is not None:
        run(copy.root, "remote", "set-url", "origin", str(copy.remote))
    return copy


def enumerate_points(firm: Company, change: Change, scratch: Path) -> list[Point]:
    """The points of one change."""
    logs = scratch / "clean"
    logs.mkdir(parents=True)
    copy = _copy(firm, scratch / "clean-copy")
    assert _child(copy, change, logs, None) == 0, "the clean run failed"
    return points_of(logs)


def judge(firm: Company, change: Change, point: Point, scratch: Path, tally: Tally) -> None:
    """Kill at one point in a copy, look at what is left, and run the same command again."""
    copy = _copy(firm, scratch / "copy")
    logs = scratch / "logs"
    logs.mkdir()
    before = copy.branch.tip()
    _child(copy, change, logs, point)
    tally.points += 1
    tip = _tip(copy)
    where = copy.remote or copy.root
    view = copy.branch.view(tip) if copy.remote is None else None
    problems = tip_problems(view, copy.environment) if view is not None else []
    if problems or tip is None:
        tally.torn.append(f"{point}: {problems}")
    tally.new += tip != before
    tally.old += tip == before
    for place in {where, copy.root}:
        said = run(place, "fsck", "--no-dangling", "--no-progress", "--connectivity-only")
        if said:
            tally.fsck.append(f"{point}: {said}")
    tally.locks += sum(1 for place in (where, copy.root) for _ in Path(place).rglob("*.lock"))
    for attempt in range(2):
        if _child(copy, change, scratch, None) == 0:
            tally.retries += attempt
            break
    else:
        tally.stuck.append(str(point))
    after = copy.view()
    if after.release is None or tip_problems(after, copy.environment):
        tally.torn.append(f"{point}: after the retry")
    copy.git.close()
    for folder in (copy.root.parent, logs):
        shutil.rmtree(folder)
    for trace in scratch.glob("trace.*"):
        trace.unlink()


def _tip(firm: Company) -> str | None:
    place, ref = firm.remote or firm.root, "refs/heads/env/production"
    done = subprocess.run(["git", "rev-parse", "--verify", "-q", ref], cwd=place, capture_output=True, check=False)
    return done.stdout.decode().strip() or None
