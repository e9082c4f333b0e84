"""A small sound repository, and pxctl run on it as a process."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.app.conftest import Run, pxctl  # noqa: F401  # a fixture

from pxctl.app.flows.init import files_of

_DROP = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: what lets root pass by file permissions
    libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP, lost for good with the exec that follows
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.fixture
def repo(make_repo: Callable[..., Path]) -> Path:
    """What `pxctl init` makes, committed."""
    return make_repo(dict(files_of("openai")))


@pytest.fixture
def bound(tmp_path: Path) -> Iterator[Run]:
    """pxctl as a user whom file permissions bind, which root is not."""

    def run(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", _DROP, "-c", "from pxctl.app.main import main; main()", *args],
            cwd=cwd, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    yield run
    subprocess.run(["chmod", "-R", "u+rwX", str(tmp_path)], check=False)


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def accept() -> None:
            server.settimeout(0.1)
            while not stop.is_set():
                try:
                    held.append(server.accept()[0])
                except OSError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        stop.set()
        thread.join()
    for one in held:
        one.close()


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file below a folder, pxctl's own state left out: to see that nothing was half-written."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink() and ".pxctl" not in path.parts
    }


def clear(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """One clear message, the right exit code, no traceback."""
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said, said
    assert "bug" not in done.stderr, said
    for word in words:
        assert word in said, f"`{word}` is not in:\n{said}"
