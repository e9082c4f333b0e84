"""Taking turns on one host, and git's `.lock` files that a dead process left.

Publishers of one environment on one host queue on a file that the kernel locks and frees. Every git that a holder
starts keeps it open too, so a turn ends when the holder and all that it started have ended: whoever is next knows that
nothing of theirs still writes. What is left in the file says whose turn ended without order.

Git's own lock files survive a kill. One is removed only if nobody lives who can have made it: it was made in a turn
that ended so, or is one that only holders of an open file make, and nobody holds that.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pxctl.core.errors import ToolError

SETTLED = 2.0
"""Seconds that a lock file has to stay the same before it counts as left behind: a git of another host, which does not
queue here, holds one for milliseconds."""
SLACK = 0.01
"""Seconds by which a file's time may be coarser than ours."""


@dataclass(frozen=True)
class StaleLock:
    """A lock file of git, and whether its maker is known to be dead."""

    path: Path
    owner: int | None
    dead: bool


@dataclass
class Turn:
    """Our turn: the open file that it hangs on, what the holder before us left in it (nothing, if their turn ended in
    order), and since when it is ours. `dirty`: a git of ours was killed, so a lock may be left by us."""

    handle: int
    previous: dict[str, object]
    since: float
    dirty: bool = False


@contextmanager
def turn(path: Path, seconds: float = 120.0) -> Iterator[Turn]:
    """Wait for our turn. Raises ToolError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + seconds
        while not _locked(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise ToolError(
                    f"process {_record(handle).get('pid', '?')}, or a git that it started, has been releasing to this "
                    f"environment for over {seconds:g} s",
                    hint=f"wait for it, or end it; its lock goes with it (who holds it: fuser {path})",
                )
            time.sleep(0.02)
        mine = Turn(handle, _record(handle), time.time())
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid(), "at": mine.since}).encode(), 0)
        yield mine
        if not mine.dirty:
            os.ftruncate(handle, 0)
    finally:
        with suppress(OSError):  # a daemon that a git left behind (credential-cache) does not keep our turn
            fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


@contextmanager
def using(path: Path) -> Iterator[tuple[int, ...]]:
    """Keep a file open, as all do who may make locks of a kind (see `clear_unused`); nothing if it cannot be opened."""
    handle = -1
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        fcntl.flock(handle, fcntl.LOCK_SH)
    try:
        yield (handle,) if handle >= 0 else ()
    finally:
        if handle >= 0:
            os.close(handle)


def unused(path: Path) -> bool:
    """Whether nobody lives who keeps the file open by `using`."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return _locked(handle, fcntl.LOCK_EX)
    finally:
        os.close(handle)


def clear_unused(lock: Path, path: Path) -> bool:
    """Remove a lock file that only those make who keep `path` open, if none of them lives. True if it was removed."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if not lock.exists() or not _locked(handle, fcntl.LOCK_EX):
            return False
        lock.unlink(missing_ok=True)
        return True
    finally:
        os.close(handle)


def clear_left(lock: Path, mine: Turn | None) -> bool:
    """Remove a lock file that was left in the turn before ours, or in ours. True where it was removed."""
    if mine is None or (found := _identity(lock)) is None:
        return False
    if not _left(found, mine.previous, mine.since) and not (mine.dirty and found[2] / 1e9 >= mine.since - SLACK):
        return False
    time.sleep(SETTLED)
    if _identity(lock) != found:
        return False
    lock.unlink(missing_ok=True)
    return True


def left(lock: Path, record: Path) -> StaleLock | None:
    """A lock file over a branch, for `doctor`; None where there is none. `record`: what its publishers queue on."""
    found = _identity(lock)
    if found is None:
        return None
    try:
        handle = os.open(record, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return StaleLock(lock, None, False)
    try:
        previous, idle = _record(handle), _locked(handle, fcntl.LOCK_EX)
    finally:
        os.close(handle)
    owner = previous.get("pid")
    return StaleLock(lock, owner if isinstance(owner, int) else None, idle and _left(found, previous, time.time()))


def others(directory: Path, known: Collection[Path]) -> list[StaleLock]:
    """Git's other lock files over references of a repository, for `doctor`; nobody can say whose they are."""
    there = [*sorted((directory / "refs").rglob("*.lock")), directory / "packed-refs.lock"]
    return [StaleLock(path, None, False) for path in there if path not in known and path.exists()]


def _left(identity: tuple[int, int, int], previous: dict[str, object], until: float) -> bool:
    """Whether a lock file was made between the start of a turn that ended without order, and a moment."""
    return bool(previous) and float(str(previous.get("at", "inf"))) - SLACK <= identity[2] / 1e9 <= until + SLACK


def _identity(lock: Path) -> tuple[int, int, int] | None:
    try:
        found = lock.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _locked(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _record(handle: int) -> dict[str, object]:
    try:
        value = json.loads(os.pread(handle, 4096, 0) or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
