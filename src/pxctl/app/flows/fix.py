"""Safe fixes: applied to the characters that they name, to nothing else, and only where the result reads better."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from pxctl.core.errors import UsageError
from pxctl.load.tree import DictTree, WorkTree
from pxctl.model.finding import Edit, Finding, LintReport

MAX_ROUNDS = 8


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made, from the end; an edit that overlaps one behind it waits for the next round."""
    kept: list[Edit] = []
    limit = len(text) + 1
    for edit in sorted(set(edits), key=lambda e: (e.start, e.end), reverse=True):
        if edit.end <= limit and 0 <= edit.start <= edit.end <= len(text):
            kept.append(edit)
            limit = edit.start
    parts, at = [], 0
    for edit in reversed(kept):
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


def fixed_texts(root: Path) -> dict[str, str]:
    """The files of a work tree that fixes change, with their new texts. Nothing is written."""
    from pxctl.app.flows.lint import lint_loaded

    tree = WorkTree(root)
    files: dict[str, str | bytes] = {path: data for path in tree.paths() if (data := _read(tree, path)) is not None}
    changed: dict[str, str] = {}
    for _round in range(MAX_ROUNDS):
        linted = lint_loaded(DictTree(files))
        new = _one_round(linted.report, linted.texts)
        if not new:
            break
        before = _errors(linted.report)
        for file, text in new.items():
            trial = {**files, file: text}
            if _errors(lint_loaded(DictTree(trial)).report) <= before:
                files[file] = changed[file] = text
    originals = {path: _read(tree, path) for path in changed}
    return {path: text for path, text in changed.items() if originals[path] != text.encode()}


def _read(tree: WorkTree, path: str) -> bytes | None:
    from pxctl.load.tree import UnreadableError

    try:
        return tree.read(path)
    except UnreadableError:
        return None


def _errors(report: LintReport) -> int:
    return sum(finding.severity.value == "error" for finding in report.findings)


def _one_round(report: LintReport, texts: Mapping[str, str]) -> dict[str, str]:
    edits: dict[str, list[Edit]] = {}
    for finding in report.findings:
        for edit in finding.fix:
            edits.setdefault(edit.file, []).append(edit)
    new = {file: apply_edits(texts[file], found) for file, found in edits.items() if file in texts}
    return {file: text for file, text in new.items() if text != texts[file]}


def diff(root: Path, texts: Mapping[str, str]) -> str:
    """The changes as a unified diff."""
    out: list[str] = []
    for path, text in sorted(texts.items()):
        old = (root / path).read_bytes().decode("utf-8", "replace").splitlines(keepends=True)
        lines = difflib.unified_diff(old, text.splitlines(keepends=True), f"a/{path}", f"b/{path}")
        for line in lines:
            out.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(out)


def write_texts(root: Path, texts: Mapping[str, str]) -> None:
    """Write new texts, each whole or not at all, with the mode of the file before. Raises UsageError."""
    for path, text in texts.items():
        target = (root / path).resolve()
        try:
            mode = target.stat().st_mode & 0o7777
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            Path(name).chmod(mode)
            Path(name).replace(target)
        except OSError as error:
            reason = (error.strerror or "no reason given").lower()
            raise UsageError(f"`{path}` cannot be written: {reason}", hint="check permissions and disk") from None


def fixable(findings: Iterable[Finding]) -> int:
    """How many findings can be mended."""
    return sum(bool(finding.fix) for finding in findings)
