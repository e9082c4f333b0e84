"""The composite action's steps, run here as a runner would: inputs by environment, never inside a script."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.lint.helpers import edit, make_base

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / ".github" / "actions" / "lint" / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


def run_action(root: Path, tmp_path: Path, **inputs: str) -> tuple[int, str, dict[str, str], str]:
    """Exit code, log, outputs and summary of the action."""
    bin_ = tmp_path / "bin"
    bin_.mkdir(exist_ok=True)
    command = bin_ / "pxctl"
    command.write_text(f"#!{sys.executable}\nfrom pxctl.app.main import main\nmain()\n")
    command.chmod(0o755)
    given = {name: spec.get("default", "") for name, spec in ACTION["inputs"].items()} | inputs
    outputs, summary = tmp_path / "outputs", tmp_path / "summary"
    outputs.write_text("")
    summary.write_text("")
    log, code = "", 0
    for step in STEPS:
        if step.get("if") == "inputs.install != ''" and not given["install"]:
            continue
        env = {name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda m: given[m.group(1)], value)
               for name, value in step.get("env", {}).items()}  # fmt: skip
        surroundings = {**os.environ, **env, "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
        surroundings["PATH"] = f"{bin_}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=root, env=surroundings, capture_output=True, text=True,
        )  # fmt: skip
        log += done.stdout + done.stderr
        code = done.returncode
        if code:
            break
    found = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    return code, log, found, summary.read_text()


def test_a_clean_repository(tmp_path: Path) -> None:
    code, log, outputs, summary = run_action(make_base(tmp_path), tmp_path)
    assert (code, log, outputs) == (0, "", {"failed": "false"})
    assert "no findings" in summary


def test_a_fault_becomes_an_annotation(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    edit(root, "providers/azure-eu.yaml", "status: active", "status: activ")
    code, log, outputs, summary = run_action(root, tmp_path)
    assert code == 1
    assert log.startswith("::error file=providers/azure-eu.yaml,line=4,")
    assert outputs == {"failed": "true"}
    assert "PX0014" in summary


@pytest.mark.parametrize("name", ["repo", "format", "output", "changed-since"])
def test_inputs_are_never_run(name: str, tmp_path: Path) -> None:
    root = make_base(tmp_path)
    run_action(root, tmp_path, **{name: '"; touch owned; echo "$(touch owned)`touch owned`'})
    assert not (root / "owned").exists()
    assert not (tmp_path / "owned").exists()


def test_no_expression_stands_in_a_script() -> None:
    for step in STEPS:
        assert "${{" not in step["run"]
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        for job in yaml.safe_load(file.read_text())["jobs"].values():
            for script in (step.get("run", "") for step in job.get("steps", ())):
                assert "${{ inputs" not in script and "${{ github.event" not in script, file


def test_pre_commit_hooks_name_real_options() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"] for hook in hooks} == {"pxctl-lint", "pxctl-lint-fix", "pxctl-litellm"}
    for hook in hooks:
        if hook["id"] == "pxctl-litellm":  # tests/interop/test_action.py
            continue
        pattern = re.compile(hook["files"])
        assert all(pattern.search(path) for path in ("pxctl.yaml", "providers/a.yaml", "releases/production/1.yaml"))
        assert not pattern.search("src/pxctl/lint/run.py")
        assert hook["entry"].split()[:2] == ["pxctl", "lint"]
