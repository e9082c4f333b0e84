"""Every rule finds what its `bad/` examples show, and nothing anywhere in its `good/` ones.

An example folder lies over `_base`, a small repository without findings; `REMOVED` lists files that it takes away.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pxctl.app.flows.lint import lint_repository
from pxctl.lint.registry import all_rules
from pxctl.model.finding import LintReport
from pxctl.report.findings import findings_text

DATA = Path(__file__).parents[1] / "data" / "lint"
FOLDERS = sorted(path for path in DATA.iterdir() if path.name.startswith("PX"))
EXAMPLES = sorted(path for folder in FOLDERS for path in folder.iterdir())


def lint_example(example: Path, root: Path) -> LintReport:
    shutil.copytree(DATA / "_base", root, symlinks=True)
    shutil.copytree(example, root, symlinks=True, dirs_exist_ok=True)
    removed = root / "REMOVED"
    for name in removed.read_text().split() if removed.is_file() else []:
        (root / name).unlink()
    return lint_repository(root)


def test_the_base_is_clean(tmp_path: Path) -> None:
    report = lint_example(DATA / "_base", tmp_path / "repo")
    assert report.findings == (), findings_text(report)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_example(example: Path, tmp_path: Path) -> None:
    code = example.parent.name[:6]
    report = lint_example(example, tmp_path / "repo")
    codes = {finding.code for finding in report.findings}
    if example.name.startswith("good"):
        assert code not in codes, findings_text(report)
        assert not report.failed, findings_text(report)
    else:
        assert code in codes, findings_text(report)
        mine = [finding for finding in report.findings if finding.code == code]
        assert all(finding.span.file for finding in mine)


def test_every_rule_has_examples() -> None:
    names = {f"{code}-{rule.name}" for code, rule in all_rules().items()}
    assert {folder.name for folder in FOLDERS} == names
    for folder in FOLDERS:
        kinds = {path.name.split("-")[0] for path in folder.iterdir()}
        assert kinds == {"good", "bad"}, folder.name
