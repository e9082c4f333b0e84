"""Waiting until a file of the configuration changes, by looking at it: no helper process, any file system."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from pxctl.load.tree import WorkTree

Signature = tuple[tuple[str, int, int], ...]


def signature(root: Path) -> Signature:
    """What changes when a file does: every path with its time and size."""
    found = []
    for path in WorkTree(root).paths():
        try:
            state = (root / path).lstat()
        except OSError:
            continue
        found.append((path, state.st_mtime_ns, state.st_size))
    return tuple(found)


def watch(root: Path, act: Callable[[], None], interval: float = 0.4, rounds: int | None = None) -> None:
    """Call `act` now and after every change, until interrupted or, for tests, `rounds` looks later."""
    seen: Signature | None = None
    while rounds is None or rounds > 0:
        now = signature(root)
        if now != seen:
            seen = now
            act()
        rounds = None if rounds is None else rounds - 1
        time.sleep(interval)
