"""Repositories for tests of validation and secrets."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PXCTL = [sys.executable, "-c", "from pxctl.app.main import main; main()"]

PROJECT = """version: 1
environments: {production: {}}
credential_grants:
  - {ref: "env://LLM_KEY", hosts: ["%s"]}
"""


def provider_yaml(name: str, url: str, **fields: Any) -> str:
    """A provider file (JSON is YAML) with one small model."""
    model = {
        "id": "gpt-4.1-mini", "capabilities": ["chat", "streaming", "tools", "json_schema"],
        "price": {"input_per_mtok": 0.4, "output_per_mtok": 1.6},
    }  # fmt: skip
    base = {
        "id": name, "display_name": name, "kind": "openai_compatible", "status": "active", "timeout_ms": 20_000,
        "endpoints": [{"region": "us", "url": url}], "credential_ref": "env://LLM_KEY", "retries": {"max": 0},
        "models": [model], "validation": {"suites": ["chat"], "budget_usd": 0.05},
    }  # fmt: skip
    return json.dumps({**base, **fields}, indent=1)


def pxctl(root: Path, *args: str, env: Mapping[str, str] | None = None, stdin: str | None = None) -> Any:
    """Run pxctl as users do; `.returncode`, `.stdout`, `.stderr`."""
    return subprocess.run(
        [*PXCTL, *args], cwd=root, capture_output=True, text=True, input=stdin,
        env={**os.environ, **(env or {})}, timeout=120,
    )  # fmt: skip


def on_a_terminal(
    root: Path, *args: str, env: Mapping[str, str] | None = None, answers: Sequence[tuple[str, str]] = ()
) -> tuple[int, str]:
    """Run pxctl on a terminal of 120 columns: exit code and what stood on the screen.

    Each answer is (what the screen must show after the answer before, what is then typed).
    """
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    child = subprocess.Popen(
        [*PXCTL, *args], cwd=root, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **(env or {})},
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    waiting, shown, seen = list(answers), b"", 0
    end = time.monotonic() + 120
    try:
        while time.monotonic() < end:
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                data = os.read(ours, 4096)
            except OSError:  # the last one who had the terminal open is gone
                break
            if not data:
                break
            shown += data
            while waiting and (at := shown.find(waiting[0][0].encode(), seen)) >= 0:
                seen = at + len(waiting[0][0])
                os.write(ours, waiting.pop(0)[1].encode() + b"\n")
        code = child.wait(30)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        os.close(ours)
    text = shown.decode(errors="replace").replace("\r\n", "\n")
    assert not waiting, f"never asked: {waiting[0][0]}\n{text}"
    return code, text
