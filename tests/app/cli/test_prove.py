"""`pxctl prove` on a small repository: a guarantee broken on purpose, its request, and the place in the file."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.app.cli.test_route import FILES

GUARANTEES = """\
guarantees:
  - {name: in-eu, when: {privacy: [public]}, always: {regions: [eu]}}
  - {name: confidential-in-eu, when: {privacy: [confidential]}, always: {regions: [eu]}}
  - {name: nobody-meant, when: {tenant: [nobody-has-this-name]}, never: {regions: [eu]}}
  - {name: one-down, when: {privacy: [public], modality: [chat]}, survives: {providers_down: 1}}
  - {name: cheap, when: {privacy: [public], input_tokens: {max: 900}, output_tokens: {max: 0}}, cost_at_most: 0.0018}
  - {name: cheaper, when: {privacy: [public], input_tokens: {max: 900}, output_tokens: {max: 0}}, cost_at_most: 0.001}
"""


@pytest.fixture
def repo(make_repo: Callable[..., Path]) -> Path:
    return make_repo({**FILES, "guarantees.yaml": GUARANTEES})


def test_verdicts_and_counterexamples(pxctl: Any, repo: Path) -> None:
    done = pxctl("prove", "--format", "json", cwd=repo)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    verdicts = {g["name"]: g["status"] for g in report["guarantees"]}
    assert verdicts == {
        "in-eu": "broken", "confidential-in-eu": "holds", "nobody-meant": "vacuous", "one-down": "broken",
        "cheap": "holds", "cheaper": "broken",
    }  # fmt: skip
    by_name = {g["name"]: g["counterexample"] for g in report["guarantees"]}
    shown = by_name["in-eu"]
    assert shown["deployment"].endswith("@us")
    assert shown["where"].startswith("routing-policies/default.yaml:8")
    assert shown["deployment"] in (shown["decision"]["primary"], *shown["decision"]["fallbacks"])
    assert by_name["one-down"]["down"] == ["provider acme-ai"]
    assert by_name["cheaper"]["decision"]["cost"] > 10**9
    assert report["schema_version"] == 1
    kinds = {(f["kind"], f["route"]) for f in report["findings"]}
    assert ("no_route", None) in kinds


def test_the_counterexample_can_be_tried(pxctl: Any, repo: Path) -> None:
    text = pxctl("prove", "--guarantee", "in-eu", cwd=repo).stdout
    line = next(part for part in text.splitlines() if "pxctl route" in part)
    done = pxctl(*line.split("pxctl ")[1].split(), cwd=repo)
    assert done.returncode == 0
    assert "@us" in done.stdout


def test_nothing_broken_exits_0(pxctl: Any, repo: Path) -> None:
    done = pxctl("prove", "--guarantee", "confidential-in-eu", cwd=repo)
    assert (done.returncode, "holds" in done.stdout) == (0, True)


def test_unknown_names_are_said(pxctl: Any, repo: Path) -> None:
    assert "there is no guarantee `nope`" in pxctl("prove", "--guarantee", "nope", cwd=repo).stderr
    done = pxctl("prove", "--policy", "nope", cwd=repo)
    assert (done.returncode, "there is no policy `nope`" in done.stderr) == (2, True)


def test_a_repository_without_guarantees_is_examined_all_the_same(pxctl: Any, make_repo: Callable[..., Path]) -> None:
    done = pxctl("prove", cwd=make_repo(FILES, name="plain"))
    assert done.returncode == 0
    assert "no guarantees" in done.stdout
    assert "no route" in done.stdout


def test_the_example_of_the_docs_is_true(pxctl: Any, tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    for name in ("providers", "routing-policies", "tenants", "feature_flags"):
        shutil.copytree(root / name, tmp_path / name)
    for name in ("pxctl.yaml", "guarantees.yaml", "config_keys.yaml"):
        shutil.copy(root / name, tmp_path / name)
    policy = tmp_path / "routing-policies" / "default.yaml"
    head, marker, tail = policy.read_text().partition("- name: confidential-eu")
    tail = tail.replace("constraints: {regions: [eu], ", "constraints: {", 1)
    policy.write_text(head + marker + tail.replace("openai-main/gpt-4.1-mini@eu", "openai-main/gpt-4.1-mini", 1))
    done = pxctl("prove", "--guarantee", "european-confidential-chat-stays", cwd=tmp_path)
    shown = [line.rstrip() for line in done.stdout.splitlines()]
    page = (root / "docs" / "prove.md").read_text()
    block = page.split("$ pxctl prove --guarantee european-confidential-chat-stays\n")[1].split("\n```")[0].splitlines()
    assert done.returncode == 1
    assert shown[: len(block)] == block


@pytest.mark.parametrize("name", ["a b's", "$(touch owned); touch owned", "--tenant", "日本語 | `touch owned`"])
def test_a_counterexample_is_quoted_for_the_shell(pxctl: Any, repo: Path, name: str) -> None:
    """Names are other people's text; the line that is offered for copying holds them as one word."""
    claim = {"guarantees": [{"name": "never", "when": {"task_type": [name]}, "always": {"regions": ["mars"]}}]}
    (repo / "guarantees.yaml").unlink()
    (repo / "guarantees.json").write_text(json.dumps(claim), encoding="utf-8")
    text = pxctl("prove", cwd=repo).stdout
    line = next(part for part in text.splitlines() if "pxctl route" in part)
    words = shlex.split(line.partition("pxctl ")[2])
    assert name in words or f"--task-type={name}" in words
    done = pxctl(*words, "--format", "json", cwd=repo)
    assert done.returncode == 0, done.stderr
    assert not list(repo.rglob("owned"))


def test_a_counterexample_in_an_arm_can_be_tried(pxctl: Any, repo: Path) -> None:
    """The trace id decides the arm, so it belongs to the request."""
    (repo / "routing-policies/default.yaml").write_text(
        "name: default\nroutes:\n  - name: all\n    match: {}\n    candidates: [acme-ai/big@eu]\n"
        "    experiment: {name: trial, unit: request, arms: {rare: {share: 0.5, candidates: [acme-ai/big@us]}}}\n",
        encoding="utf-8",
    )
    text = pxctl("prove", "--guarantee", "in-eu", cwd=repo).stdout
    (line,) = [part for part in text.splitlines() if "pxctl route" in part]
    assert "--trace-id" in line
    done = pxctl(*shlex.split(line.partition("pxctl ")[2]), "--format", "json", cwd=repo)
    decision = json.loads(done.stdout)["decision"]
    assert (decision["arm"], decision["primary"]) == ("rare", "acme-ai/big@us")
