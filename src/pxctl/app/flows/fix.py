"""Safe fixes: applied to the characters that they name, to nothing else, and only where the result reads better."""

from __future__ import annotations

import difflib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from pxctl.core.errors import UsageError
from pxctl.load.tree import DictTree, WorkTree
from pxctl.model.finding import Edit, Finding, LintReport

MAX_ROUNDS = 8
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


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


def fixed_texts(root: Path, only: Collection[str] | None = None) -> dict[str, str]:
    """The files of a work tree (or `only` these) that fixes change, with their new texts. Nothing is written."""
    from pxctl.app.flows.lint import lint_loaded

    tree = WorkTree(root)
    files: dict[str, str | bytes] = {path: data for path in tree.paths() if (data := _read(tree, path)) is not None}
    changed: dict[str, str] = {}
    for _round in range(MAX_ROUNDS):
        linted = lint_loaded(DictTree(files))
        mine = files.keys() if only is None else files.keys() & only
        new = _one_round(linted.report, {file: text for file, text in linted.texts.items() if file in mine})
        kept = _that_help(files, linted.report, new) if new else {}
        if not kept:
            break
        files.update(kept)
        changed.update(kept)
    originals = {path: _read(tree, path) for path in changed}
    return {path: text for path, text in changed.items() if originals[path] != text.encode()}


def _read(tree: WorkTree, path: str) -> bytes | None:
    from pxctl.load.tree import UnreadableError

    try:
        return tree.read(path)
    except UnreadableError:
        return None


def _that_help(files: Mapping[str, str | bytes], before: LintReport, new: Mapping[str, str]) -> dict[str, str]:
    """The new texts that make nothing worse: all of them where they do not together, else those that do not alone."""
    from pxctl.app.flows.lint import lint_loaded

    def harmless(texts: Mapping[str, str]) -> bool:
        after = lint_loaded(DictTree({**files, **texts})).report
        return not any(_worse(file, before, after) for file in texts)

    if harmless(new):
        return dict(new)
    return {file: text for file, text in new.items() if len(new) > 1 and harmless({file: text})}


def _worse(file: str, before: LintReport, after: LintReport) -> bool:
    """Whether a changed file reads worse: it is less of YAML than before, more is wrong with its shape, or, where its
    shape was sound, there are more errors anywhere. (Of a file whose shape is mended more can be judged than before.)
    """
    yaml, shape = _codes(file, before, "PX0011"), _codes(file, before, "PX0020")
    if _codes(file, after, "PX0011") - yaml or _codes(file, after, "PX0020").total() > shape.total():
        return True
    return not shape and _errors(after) > _errors(before)


def _codes(file: str, report: LintReport, below: str) -> Counter[str]:
    return Counter(found.code for found in report.findings if found.span.file == file and found.code < below)


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
        old = (root / path).read_bytes().decode("utf-8", "replace")
        lines = difflib.unified_diff(_LINE.findall(old), _LINE.findall(text), f"a/{path}", f"b/{path}")
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
