"""Taking turns on one host, and locks that a dead process left.

Publishers of one environment on one host queue on a lock file that the kernel frees when its holder dies; it also holds
who the last holder was. Git's own `.lock` files survive a kill: one is removed only when the process that our record
names as its maker is dead and the file is no older than that record.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pxctl.core.errors import ToolError


@dataclass(frozen=True)
class StaleLock:
    """A lock file of git, and whether its maker is known to be dead."""

    path: Path
    owner: int | None
    dead: bool


def process_start(pid: int) -> str | None:
    """When a process started (clock ticks since boot, as text), or None where it does not run any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _alive(record: dict[str, object]) -> bool:
    pid = record.get("pid")
    if not isinstance(pid, int):
        return False
    if not Path("/proc/self/stat").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
    return process_start(pid) == record.get("start")


@contextmanager
def turn(path: Path, seconds: float = 120.0) -> Iterator[dict[str, object]]:
    """Wait for our turn; yields the record of the previous holder (empty where there was none). Raises ToolError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    holder = _record(handle).get("pid", "?")
                    raise ToolError(
                        f"process {holder} has been releasing to this environment for over {seconds:g} s",
                        hint="wait for it, or end it; its lock goes with it",
                    ) from None
                time.sleep(0.02)
        previous = _record(handle)
        mine = json.dumps({"pid": os.getpid(), "start": process_start(os.getpid()), "at": time.time()}).encode()
        os.ftruncate(handle, 0)
        os.pwrite(handle, mine, 0)
        yield previous
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _record(handle: int) -> dict[str, object]:
    try:
        value = json.loads(os.pread(handle, 4096, 0) or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def clear_dead(lock: Path, previous: dict[str, object]) -> bool:
    """Remove a git lock file if the previous holder made it and is dead. True where it was removed."""
    if not previous or _alive(previous):
        return False
    try:
        if lock.stat().st_mtime + 0.01 < float(str(previous.get("at", "inf"))):
            return False
        lock.unlink()
    except OSError:
        return False
    return True


def stale_locks(git_dir: Path, record: Path) -> list[StaleLock]:
    """Git's lock files over references that are there now, for `doctor`."""
    try:
        previous = json.loads(record.read_text() or "{}")
    except (OSError, ValueError):
        previous = {}
    found = []
    for path in [*sorted((git_dir / "refs").rglob("*.lock")), git_dir / "packed-refs.lock"]:
        if path.exists():
            owner = previous.get("pid") if isinstance(previous.get("pid"), int) else None
            found.append(StaleLock(path, owner, bool(previous) and not _alive(previous)))
    return found
