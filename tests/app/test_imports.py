"""What each verb may import: a verb that needs little starts quickly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pxctl.app.flows.init import files_of

CODE = """
import sys
from pxctl.app.errors import guarded
code = guarded(sys.argv[1:])
print(code, *sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""
HEAVY = {
    "rich", "ruamel", "jsonschema", "httpx", "hvac", "git", "numpy", "openfeature", "asyncio", "sqlite3", "boto3",
    "pyarrow", "yaml",
}  # fmt: skip


def imported(root: Path, *args: str) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", CODE, *args], cwd=root, capture_output=True, text=True, env=dict(os.environ), check=False
    )
    code, *names = done.stderr.splitlines()[-1].split()
    return int(code), set(names)


def test_the_version_needs_nothing() -> None:
    code = "import sys\nfrom pxctl.app.main import main\ntry: main(['--version'])\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = set(done.stdout.splitlines()[-1].split())
    assert {name for name in names if name.startswith("pxctl")} == {"pxctl", "pxctl.app", "pxctl.app.main"}
    assert not names & (HEAVY | {"typer", "pydantic"})


@pytest.fixture
def repo(make_repo) -> Path:
    return make_repo(dict(files_of("openai")))


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (("lint",), set()),
        (("route", "--tenant", "my-team", "--privacy", "internal"), set()),
        (("explain", "PX0001"), set()),
        (("status",), set()),
        (("--help",), {"rich"}),
    ],
)
def test_what_a_verb_imports(repo: Path, words: tuple[str, ...], allowed: set[str]) -> None:
    code, names = imported(repo, *words)
    assert code == 0
    assert names & HEAVY <= allowed
