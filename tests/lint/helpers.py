"""Small repositories and the command, run as users run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "lint"
BASE = DATA / "_base"


def make_base(folder: Path) -> Path:
    """A clean repository of its own, without git."""
    return Path(shutil.copytree(BASE, folder / "repo"))


def edit(root: Path, path: str, old: str, new: str) -> None:
    file = root / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def run(root: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """`pxctl ARGS` in `root`."""
    command = [sys.executable, "-c", "from pxctl.app.main import main; main()", *args]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, env=dict(os.environ), timeout=120)


def spoil(root: Path) -> None:
    """One finding of each severity, and one that can be mended."""
    edit(root, "providers/openai-main.yaml", "metadata: {owner: platform}", "metadata: {password: see wiki}")
    edit(
        root,
        "providers/openai-main.yaml",
        "fallback_models: [gpt-4.1-mini]",
        "fallback_models: [gpt-4.1, gpt-4.1-mini]",
    )
    edit(root, "scenarios/azure-outage.yaml", "expect: {served_min: 0.9}\n", "")
