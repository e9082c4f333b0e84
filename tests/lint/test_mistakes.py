"""Every mistake that the issue lists is found, by the code that is meant, with a place in the file that holds it."""

from __future__ import annotations

import pytest
from tests.lint.helpers import BASE
from tests.lint.mistakes import ALL, ALL_OF_IT, END, Mistake

from pxctl.lint.run import lint
from pxctl.load.loader import load
from pxctl.load.tree import DictTree

SECRETS_PLANTED = ("Ab1Ab1", "QWERTYUIOP123456", "abcdefABCDEF", "c2lnbmF0dXJl", "q8Zr2LxV", "me:pw@", "abcdef123456")
FILES = {path.relative_to(BASE).as_posix(): path.read_text() for path in BASE.rglob("*.yaml")}


def planted(mistake: Mistake) -> dict[str, str]:
    files = dict(FILES)
    if mistake.old == ALL_OF_IT:
        del files[mistake.file]
        return files
    names = [name for name in files if name.startswith(mistake.file)] if mistake.file.endswith("/") else [mistake.file]
    for name in names:
        text = files.get(name, "")
        assert mistake.old in text
        files[name] = text.replace(mistake.old, mistake.new, 1) if mistake.old != END else text + mistake.new
    return files


@pytest.mark.parametrize("mistake", ALL, ids=lambda mistake: mistake.what)
def test_a_planted_mistake_is_found(mistake: Mistake) -> None:
    report = lint(load(DictTree(planted(mistake))))
    found = [finding for finding in report.findings if finding.code == mistake.code]
    assert found, [f"{finding.code} {finding.message}" for finding in report.findings]
    for finding in found:
        assert finding.message.isprintable()
        assert finding.hint or " must be " in finding.message or finding.code == "PX0015", "every finding has a way out"
    for finding in report.findings:  # a file's name is its place; nothing else repeats a secret
        shown = finding.model_dump_json(exclude={"span"})
        assert not any(secret in shown for secret in SECRETS_PLANTED if secret in mistake.new + mistake.file)


def test_the_list_covers_the_families() -> None:
    assert len({mistake.code for mistake in ALL}) > 85
    assert {mistake.code[:4] for mistake in ALL} == {"PX00", "PX01", "PX02", "PX03", "PX04", "PX05", "PX06"}
