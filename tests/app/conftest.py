"""Running pxctl as a user does: a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def pxctl(tmp_path: Path) -> Run:
    """`pxctl("lint", cwd=..., env=...)`: the finished process, with text output."""

    def run(*args: str, cwd: Path = tmp_path, **kwargs: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from pxctl.app.main import main; main()", *args],
            cwd=cwd, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, **kwargs,  # type: ignore[call-overload]
        )  # fmt: skip

    return run
