"""`--changed-since`: whatever a change brings is said, wherever it stands; names and histories may be odd."""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.lint.helpers import BASE, edit, run
from tests.lint.mistakes import ALL, ALL_OF_IT, Mistake
from tests.lint.test_mistakes import FILES, planted

from pxctl.app.flows.lint import lint_changed, lint_whole

Repo = Callable[..., Path]
ODD = ["a b", "ü", "new\nline", "-dash", "*", '"q"', "it's", "%41", "$(id)"]


def git(root: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=root, check=True, capture_output=True)


def said(root: Path, *, since: str = "HEAD") -> Counter[tuple[str, str]]:
    report = lint_changed(root, since, lint_whole).report
    return Counter((finding.code, finding.span.file) for finding in report.findings)


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        ("tenants/all.yaml", "id: birch", "id: bicrh", ("PX0104", "providers/azure-eu.yaml")),
        ("scenarios/azure-outage.yaml", "name: azure-outage", "name: outage", ("PX0118", "pxctl.yaml")),
        ("routing-policies/default.yaml", "name: default", "name: special", ("PX0105", "tenants/all.yaml")),
        ("providers/openai-main.yaml", "id: openai-main", "id: openai", ("PX0101", "routing-policies/default.yaml")),
    ],
)
def test_a_name_that_is_gone_is_missed_where_it_is_used(
    make_repo: Repo, file: str, old: str, new: str, finding: tuple[str, str]
) -> None:
    files = dict(FILES)
    files["providers/azure-eu.yaml"] += "tenants: {deny: [birch]}\n"
    gates = "    evidence: required\n    gates: [{kind: scenarios, scenarios: [azure-outage]}]\n"
    files["pxctl.yaml"] = files["pxctl.yaml"].replace("    evidence: required\n", gates)
    root = make_repo(files)
    assert said(root) == {}
    edit(root, file, old, new)
    assert finding in said(root)


FITTING = [one for one in ALL if one.old != ALL_OF_IT and one.file != "pxctl.yaml"]


@pytest.mark.parametrize("mistake", random.Random(11).sample(FITTING, 12), ids=lambda mistake: mistake.what)
def test_all_that_a_change_brings_is_said(make_repo: Repo, mistake: Mistake) -> None:
    root = make_repo(FILES)
    for name, text in planted(mistake).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    whole = Counter((finding.code, finding.span.file) for finding in lint_whole(root).report.findings)
    assert said(root) == whole, "the commit before was clean"


@pytest.mark.parametrize("stem", ODD)
def test_files_with_odd_names(make_repo: Repo, stem: str) -> None:
    root = make_repo(FILES)
    (root / "scenarios" / f"{stem}.yaml").write_text("name: x\n")
    printed = "scenarios/" + stem.replace("\n", "\\n") + ".yaml"
    assert ("PX0016", printed) in said(root)
    git(root, "add", "-A")
    assert ("PX0016", printed) in said(root)
    git(root, "commit", "-qm", "odd")
    assert said(root) == {}
    git(root, "mv", "--", f"scenarios/{stem}.yaml", "scenarios/y.yaml")
    assert ("PX0016", "scenarios/y.yaml") in said(root)


def test_in_a_folder_of_a_larger_repository(make_repo: Repo) -> None:
    root = make_repo({f"ai/{name}": text for name, text in FILES.items()} | {"README.md": "x"}) / "ai"
    assert said(root) == {}
    edit(root, "providers/openai-main.yaml", "id: openai-main", "id: openai")
    assert said(root).keys() >= {("PX0016", "providers/openai-main.yaml"), ("PX0101", "routing-policies/default.yaml")}
    (root.parent / "README.md").write_text("y")


def test_histories_with_nothing_in_common(make_repo: Repo, tmp_path: Path) -> None:
    """As in a shallow clone that fetched the tip of main alone."""
    origin = make_repo(FILES, "origin")
    edit(origin, "providers/openai-main.yaml", "priority: 20", "priority: 21")
    git(origin, "commit", "-qam", "two")
    git(origin, "checkout", "-qb", "change")
    edit(origin, "providers/openai-main.yaml", "priority: 21", "priority: high")
    git(origin, "commit", "-qam", "three")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "change", f"file://{origin}", str(clone))
    git(clone, "fetch", "-q", "--depth", "1", "origin", "main:main")
    assert run(clone, "lint", "--changed-since", "HEAD~1").returncode == 2
    done = run(clone, "lint", "--changed-since", "main", "--format", "json")
    assert done.returncode == 1, done.stderr
    assert [finding["code"] for finding in json.loads(done.stdout)["findings"]] == ["PX0013"]


def test_old_faults_of_files_that_did_not_change_stay_quiet(make_repo: Repo) -> None:
    files = dict(FILES)
    files["providers/azure-eu.yaml"] = files["providers/azure-eu.yaml"].replace(
        "rotation: {every: 90d, warn_before: 14d}\n", ""
    )
    root = make_repo(files)
    edit(root, "scenarios/azure-outage.yaml", "expect: {served_min: 0.9}\n", "")
    assert said(root) == {("PX0626", "scenarios/azure-outage.yaml"): 1}
    assert BASE.is_dir()
