"""`--fix` on files as people have them: it mends, twice is once, other bytes stay, and no file reads worse after it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.lint.helpers import BASE, DATA, edit, make_base, run

from pxctl.app.flows.fix import diff, fixed_texts, write_texts
from pxctl.app.flows.lint import lint_whole

MENDED = [
    "PX0013-wrong-type/bad", "PX0013-wrong-type/bad-2", "PX0091-unused-ignore/bad", "PX0305-endpoint-path/bad",
    "PX0414-duplicate-entry/bad", "PX0415-default-is-fallback/bad", "PX0507-self-fallback/bad",
    "PX0522-candidate-repeats/bad",
]  # fmt: skip
DRESSES: dict[str, Callable[[str], str]] = {
    "windows": lambda text: text.replace("\n", "\r\n").removesuffix("\r\n"),
    "old mac": lambda text: text.replace("\n", "\r"),
    "any script": lambda text: "# 😀 é\u2028 x\n" + text.replace("\n", " # ü😀\n"),
    "anchors": lambda text: re.sub(r"^(\w+): ([\[{])", r'"\1":  &\1 \2', text, flags=re.M),
    "marks": lambda text: f"---\n{text}...\n",
}
FILE = "providers/openai-main.yaml"


def codes(root: Path) -> Counter[str]:
    return Counter(finding.code for finding in lint_whole(root).report.findings)


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("example", MENDED)
def test_every_fix_in_every_dress(tmp_path: Path, example: str, dress: str) -> None:
    root = make_base(tmp_path)
    shutil.copytree(DATA / example, root, dirs_exist_ok=True)
    (name,) = (path.relative_to(DATA / example) for path in (DATA / example).rglob("*.yaml"))
    dressed = DRESSES[dress]((root / name).read_text())
    (root / name).write_bytes(dressed.encode())
    before = codes(root)
    fixed = fixed_texts(root)
    write_texts(root, fixed)
    after = codes(root)
    assert after < before and after[example[:6]] < before[example[:6]]
    assert fixed_texts(root) == {}
    assert list(fixed) == [name.as_posix()]
    for sign in "\r#&😀":
        assert fixed[name.as_posix()].count(sign) <= dressed.count(sign)
    if dress == "windows":
        assert "\n" not in fixed[name.as_posix()].replace("\r\n", "")


@pytest.mark.parametrize(
    ("old", "new", "fixed"),
    [
        ("priority: 20", 'priority: &p "20"\nlimits: {rpm: *p}', None),
        ("priority: 20", 'priority: "\\x320"', None),
        ("metadata: {owner: platform}", "metadata: {owner: platform}\nlimitations: [007]", None),
        ("metadata: {owner: platform}", "metadata: {owner: platform}\nlimitations: [0x10]", None),
        ("metadata: {owner: platform}", "metadata: {owner: platform}\nlimitations: [7]", 'limitations: ["7"]'),
        ("timeout_ms: 30000", "timeoutMs: '30000'", "timeout_ms: 30000"),
        ("timeout_ms: 30000", "timeoutMs: soon", "timeout_ms: soon"),
        ("timeout_ms: 30000", "timeout_ms: 30000\ntimeoutMs: 5", None),
        ("fallback_models: [gpt-4.1-mini]", "fallback_models:\n  - &m gpt-4.1\nlimitations: [*m]", None),
        ("fallback_models: [gpt-4.1-mini]", "fallback_models: [*m]\nlimitations: [&m gpt-4.1]", None),
    ],
)  # fmt: skip
def test_what_is_safe_to_mend(tmp_path: Path, old: str, new: str, fixed: str | None) -> None:
    root = make_base(tmp_path)
    edit(root, FILE, old, new)
    before = (root / FILE).read_text()
    texts = fixed_texts(root)
    assert texts == ({} if fixed is None else {FILE: before.replace(new.split("\n")[-1], fixed)})


def test_a_fix_that_breaks_a_file_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where one fault of syntax hides many others."""
    root = make_base(tmp_path)
    edit(root, FILE, "priority: 20", 'priority: "20"\nfoo: 1\nbar: 2')
    edit(root, "providers/azure-eu.yaml", "display_name:", "displayName:")
    monkeypatch.setattr("pxctl.load.fixes._meant", lambda _value, _types: "[")
    assert list(fixed_texts(root)) == ["providers/azure-eu.yaml"]


def test_many_files_are_mended_in_few_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pxctl.app.flows import lint as flow

    root = make_base(tmp_path)
    text = (BASE / "scenarios" / "azure-outage.yaml").read_text()
    for n in range(12):
        (root / "scenarios" / f"s{n}.yaml").write_text(f"Name: s{n}\n" + text.split("\n", 1)[1])
    runs: list[int] = []
    real = flow.lint_loaded
    monkeypatch.setattr(flow, "lint_loaded", lambda *args: runs.append(1) or real(*args))
    assert len(fixed_texts(root)) == 12
    assert len(runs) == 3


def test_fixes_stay_in_the_files_that_were_named(make_repo: Callable[..., Path]) -> None:
    root = make_repo({path.relative_to(BASE).as_posix(): path.read_text() for path in BASE.rglob("*.yaml")})
    for name in ("openai-main", "azure-eu"):
        edit(root, f"providers/{name}.yaml", "display_name:", "displayName:")
    assert run(root, "lint", "--diff", "providers/azure-eu.yaml").stdout.count("+++ b/") == 1
    assert run(root, "lint", "--fix", "providers/azure-eu.yaml").returncode == 0
    assert list(fixed_texts(root)) == [FILE]
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "commit", "-qam", "both"], cwd=root, check=True)
    edit(root, "providers/azure-eu.yaml", "display_name:", "displayName:")
    assert run(root, "lint", "--fix", "--changed-since", "HEAD").returncode == 0
    assert list(fixed_texts(root)) == [FILE]


def test_a_name_that_cannot_be_printed_keeps_nobody_from_mending(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    (root / "scenarios" / "new\nline.yaml").write_text("Name: x\n")
    edit(root, FILE, "display_name:", "displayName:")
    assert list(fixed_texts(root)) == [FILE]


def test_the_diff_has_the_lines_that_patch_has(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    edit(root, FILE, "display_name: OpenAI, main account", "displayName: x # a\u2028b\x85c")
    text = diff(root, fixed_texts(root))
    (root / "fix.patch").write_text(text, newline="")
    subprocess.run(["git", "apply", "fix.patch"], cwd=root, check=True)
    assert fixed_texts(root) == {}
