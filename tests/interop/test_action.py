"""The lint action and the pre-commit hook check another gateway's files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.interop.planted import MISTAKES, SOUND, text_of

from pxctl.load.lenient import compose_lenient

ROOT = Path(__file__).parent.parent.parent


def _value(path: str) -> object:
    return compose_lenient((ROOT / path).read_text(encoding="utf-8"))[0].value


@pytest.mark.parametrize(("text", "code"), [(SOUND, 0), (text_of(MISTAKES[0]), 1)])
def test_the_actions_step_checks_the_named_files(tmp_path: Path, text: str, code: int) -> None:
    (tmp_path / "a b.yaml").write_text(text)
    (tmp_path / "c.yaml").write_text(SOUND)
    action = _value(".github/actions/lint/action.yml")
    assert isinstance(action, dict)
    step = next(step for step in action["runs"]["steps"] if step.get("id") == "lint")
    env = dict.fromkeys(step["env"], "") | {
        "REPO": ".",
        "FORMAT": "github",
        "GATEWAY": "litellm",
        "FILES": "a b.yaml\nc.yaml\n",
        "GITHUB_OUTPUT": str(tmp_path / "out"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(["bash", "-c", step["run"]], cwd=tmp_path, env={**os.environ, **env}, capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == code, done.stderr
    assert ("::error file=a b.yaml" in done.stdout) == bool(code)
    assert (tmp_path / "out").read_text() == f"failed={'true' if code else 'false'}\n"


def test_the_hook_runs_the_check() -> None:
    hooks = _value(".pre-commit-hooks.yaml")
    assert isinstance(hooks, list)
    hook = next(hook for hook in hooks if hook["id"] == "pxctl-litellm")
    assert hook["entry"] == "pxctl lint --as litellm"
