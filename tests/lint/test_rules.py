"""The contract of rules, their page, settings and ignore comments, plugins."""

from __future__ import annotations

import re
import types
from pathlib import Path

import pytest
from tests.lint.helpers import BASE, edit, make_base

from pxctl.app.flows.lint import lint_tree, lint_whole
from pxctl.core.errors import UsageError
from pxctl.lint.base import FAMILIES
from pxctl.lint.registry import all_rules, as_rule
from pxctl.lint.run import info
from pxctl.load.tree import DictTree
from pxctl.report.rules import rules_markdown

ROOT = Path(__file__).parents[2]
RULES = list(all_rules().values())


def test_there_are_many() -> None:
    assert len(RULES) >= 60
    assert {rule.family for rule in RULES} == set(FAMILIES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_documentation(rule: object) -> None:
    from pxctl.lint.base import Rule

    assert isinstance(rule, Rule)
    parts = re.split(r"\n\n(?=Why:|Example:|Fix:)", rule.doc)
    assert [part.split(":")[0] for part in parts[1:]] == ["Why", "Example", "Fix"]
    assert rule.doc.rstrip().endswith("."), "a sentence"
    assert not re.search(r"\bTODO\b", rule.doc)
    assert (rule.check is None) == (rule.scope == "reader")


def test_the_page_is_true() -> None:
    want = rules_markdown([info(rule) for rule in RULES], FAMILIES)
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == want, "run `python tools/make_rules_page.py`"


def test_a_module_that_breaks_the_contract_is_named() -> None:
    module = types.ModuleType("pxctl_plugin.my_rule", "What.")
    with pytest.raises(UsageError, match="my_rule"):
        as_rule(module)
    module.CODE, module.FAMILY, module.SCOPE, module.SEVERITY = "PX9001", "routes", "tree", "info"  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="has no check"):
        as_rule(module)


def codes(root: Path) -> list[str]:
    return [f"{finding.code}:{finding.severity.value}" for finding in lint_whole(root).report.findings]


def set_rules(root: Path, text: str) -> None:
    edit(root, "pxctl.yaml", "version: 1\n", f"version: 1\nlint: {{rules: {text}}}\n")


def test_severities(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    edit(root, "providers/openai-main.yaml", "metadata: {owner: platform}", "metadata: {password: x}")
    assert codes(root) == ["PX0206:error"]
    set_rules(root, "{PX0206: warning}")
    assert codes(root) == ["PX0206:warning"]
    edit(root, "pxctl.yaml", "PX0206: warning", 'PX0206: {severity: "off", paths: [providers/azure-*]}')
    assert codes(root) == ["PX0206:error"]
    edit(root, "pxctl.yaml", "providers/azure-*", "providers")
    assert codes(root) == []


def test_a_broken_file_can_never_be_switched_off(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    set_rules(root, '{PX0001: "off", PX0002: info}')
    (root / "scenarios" / "broken.yaml").write_text("a: [  # pxctl: ignore PX0001 it is fine\n")
    found = codes(root)
    assert "PX0001:error" in found
    assert found.count("PX0092:warning") == 2


def test_ignores(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    line = "metadata: {password: x}"
    edit(root, "providers/openai-main.yaml", "metadata: {owner: platform}", f"{line} # pxctl: ignore PX0206 a reason")
    report = lint_whole(root).report
    assert (report.findings, report.ignored) == ((), 1)
    edit(root, "providers/openai-main.yaml", " # pxctl: ignore PX0206 a reason", "")
    edit(root, "providers/openai-main.yaml", line, f"# pxctl: ignore PX0206, PX0203 a reason\n{line}")
    assert codes(root) == ["PX0091:warning"]
    edit(root, "providers/openai-main.yaml", "PX0206, PX0203 a reason", "PX0206")
    assert sorted(codes(root)) == ["PX0090:error", "PX0206:error"]


def test_an_ignore_inside_text_is_text(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    edit(root, "providers/openai-main.yaml", "{owner: platform}", '{password: "# pxctl: ignore PX0206 a reason"}')
    assert codes(root) == ["PX0206:error"]


def test_findings_of_a_broken_file_do_not_spread(tmp_path: Path) -> None:
    """A provider that cannot be read is one finding, not one in each route that names it."""
    root = make_base(tmp_path)
    edit(root, "providers/azure-eu.yaml", "status: active", "status: activ")
    assert codes(root) == ["PX0014:error"]


def test_a_tree_without_project() -> None:
    files = {path.relative_to(BASE).as_posix(): path.read_text() for path in BASE.rglob("*.yaml")}
    del files["pxctl.yaml"]
    report = lint_tree(DictTree(files))
    assert "PX0019" in {finding.code for finding in report.findings}
