"""A real Prometheus on loopback, filled with a history of the test's own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

FOREVER = "--storage.tsdb.retention.time=100y"


def start(folder: Path, history: str) -> tuple[subprocess.Popen[bytes], str]:
    """A server over `history` (OpenMetrics text), and its URL. Skips where Prometheus is not installed."""
    if not shutil.which("prometheus") or not shutil.which("promtool"):
        pytest.skip("needs prometheus (Debian package `prometheus`)")
    data, text = folder / "data", folder / "history.om"
    text.write_text(history)
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(data)], check=True, capture_output=True
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={data}", FOREVER,
         f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=2) as answer:
                if answer.status == 200:
                    return process, url
        except OSError:
            time.sleep(0.05)
    process.terminate()
    process.wait()
    raise AssertionError("prometheus did not start")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()
