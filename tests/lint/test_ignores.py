"""`# pxctl: ignore` in odd places."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.lint.helpers import edit, make_base

from pxctl.app.flows.fix import fixed_texts
from pxctl.app.flows.lint import lint_whole

FILE = "providers/openai-main.yaml"
LAST = "metadata: {owner: platform}\n"
SECRET = "metadata: {password: x}\n"
IGNORE = "# pxctl: ignore PX0206 a reason"


def findings(root: Path) -> tuple[list[str], int]:
    report = lint_whole(root).report
    return [f"{finding.code}:{finding.span.line}" for finding in report.findings], report.ignored


@pytest.mark.parametrize(
    ("new", "ignored"),
    [
        (f"metadata: {{password: it's}} {IGNORE}\n", 1),
        (f"metadata:\n  note: Bob's\n  password: Bob's {IGNORE}\n", 1),
        (f"metadata: {{password: x}}{IGNORE}\n", 0),
        (f"metadata: {{'password': \"#\"}} {IGNORE}\n", 1),
        (f"{IGNORE}\n# owned by platform\n{SECRET}", 1),
        (f"{IGNORE}\n# pxctl: ignore PX0206 once more\n{SECRET}", 1),
        (f"{IGNORE}\n\n{SECRET}", 0),
        (f"metadata:\n  password: |\n    {IGNORE}\n", 0),
        (f"metadata:\n  {IGNORE}\n  password: |\n    x\n", 1),
        (f"metadata:\n  password: 'x\n    {IGNORE}'\n", 0),
        (f"metadata:\n  password: x {IGNORE}", 1),
        (f"metadata:\r\n  password: x {IGNORE}\r\n", 1),
        (f"metadata:\r  password: x {IGNORE}\r", 1),
        (f"metadata: {{'password': x, \"{IGNORE}\": y}}\n", 0),
    ],
)
def test_where_a_comment_is_one(tmp_path: Path, new: str, ignored: int) -> None:
    root = make_base(tmp_path)
    text = (root / FILE).read_text().replace(LAST, new)
    (root / FILE).write_bytes((text.replace("\n", "\r") if "\r " in new and "\n" not in new else text).encode())
    assert findings(root)[1] == ignored


@pytest.mark.parametrize(
    ("new", "left"),
    [
        (f"limitations:\n  - |\n    {IGNORE}\n    text\n", None),
        (f"limitations: ['a\n    {IGNORE}\n    b']\n", None),
        (f"{LAST}{IGNORE}\n", LAST),
        (f"{LAST}  {IGNORE}", LAST),
        (f"metadata: {{owner: platform}} \t {IGNORE}\r\n", "metadata: {owner: platform}\r\n"),
        (f"{IGNORE}\n{LAST}", LAST),
        (f"metadata:\n  {IGNORE}\n  # why\n  owner: platform\n", "metadata:\n  # why\n  owner: platform\n"),
    ],
)
def test_a_comment_that_does_nothing_is_cut_and_nothing_else(tmp_path: Path, new: str, left: str | None) -> None:
    root = make_base(tmp_path)
    text = (root / FILE).read_text()
    (root / FILE).write_bytes(text.replace(LAST, new).encode())
    fixed = fixed_texts(root)
    assert fixed == ({} if left is None else {FILE: text.replace(LAST, left)})
    assert not [code for code in findings(root)[0] if code.startswith("PX0091")] or left is not None


def test_nobody_knows_what_is_unused_while_a_file_cannot_be_read(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    edit(root, FILE, LAST, f"{LAST}{IGNORE}\n")
    assert findings(root)[0] == ["PX0091:30"]
    edit(root, "providers/azure-eu.yaml", "status: active", "status: activ")
    assert [code for code in findings(root)[0] if code.startswith("PX0091")] == []
