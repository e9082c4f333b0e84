"""Findings for people: place, code, sentence, the source line with a caret, the way out, and a summary."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pxctl.model.finding import Finding, LintReport, Severity
from pxctl.report.text import Table, plural, width

if TYPE_CHECKING:
    from rich.text import Text

Part = tuple[str, str]
STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def findings_text(report: LintReport) -> str:
    """The whole report as plain text."""
    return "\n".join("".join(text for text, _style in line) for line in _lines(report))


def findings_rich(report: LintReport) -> Text:
    """The whole report in colour."""
    from rich.text import Text

    out = Text()
    for line in _lines(report):
        for text, style in line:
            out.append(text, style=style or None)
        out.append("\n")
    return out


def _lines(report: LintReport) -> list[list[Part]]:
    lines: list[list[Part]] = []
    for finding in report.findings:
        lines += _finding(finding)
        lines.append([])
    lines.append(_summary(report))
    return lines


def _finding(finding: Finding) -> list[list[Part]]:
    style = STYLE[finding.severity]
    name = f" {finding.rule}" if finding.rule else ""
    head: list[Part] = [
        (f"{finding.span}: ", "bold"), (finding.severity.value, style), (f" {finding.code}", style), (name, "dim"),
        (f": {finding.message}", ""),
    ]  # fmt: skip
    lines = [head]
    if finding.snippet is not None and finding.snippet.strip():
        number = str(finding.span.line)
        gutter = " " * len(number)
        text, caret = _window(finding)
        lines.append([(f"  {number} | ", "dim"), (text, "")])
        lines.append([(f"  {gutter} | ", "dim"), (caret, style)])
        lines.append([(f"  {gutter} = ", "dim"), (finding.hint, "green")] if finding.hint else [])
    elif finding.hint:
        lines.append([("  = ", "dim"), (finding.hint, "green")])
    return [line for line in lines if line]


def _window(finding: Finding, limit: int = 110) -> tuple[str, str]:
    """The source line, cut around the place where it is long, and the carets under the place."""
    text = (finding.snippet or "").replace("\t", " ")
    start = max(finding.span.column - 1, 0)
    one_line = finding.span.end_line == finding.span.line
    length = max(finding.span.end_column - finding.span.column, 1) if one_line else 1
    if not one_line and finding.span.end_line:
        length = max(len(text.rstrip()) - start, 1)
    if len(text) > limit:
        first = max(0, min(start - 30, len(text) - limit))
        text = ("…" if first else "") + text[first : first + limit] + ("…" if first + limit < len(text) else "")
        start = start - first + (1 if first else 0)
    start = min(start, len(text))
    length = max(1, min(length, len(text) - start))
    return text, " " * width(text[:start]) + "^" * length


def _summary(report: LintReport) -> list[Part]:
    looked = f"{plural(report.files, 'file')}, {plural(report.rules, 'rule')}"
    extra = f"; {plural(report.ignored, 'finding')} ignored with a reason" if report.ignored else ""
    if not report.findings:
        return [("no findings", "bold green"), (f" ({looked}{extra})", "")]
    counts = Counter(finding.severity for finding in report.findings)
    words = [
        (plural(counts[s], s.value) if s is not Severity.INFO else f"{counts[s]} info", STYLE[s])
        for s in Severity
        if counts[s]
    ]
    parts: list[Part] = []
    for i, part in enumerate(words):
        parts += [(", ", "")] if i else []
        parts.append(part)
    fixable = sum(bool(finding.fix) for finding in report.findings)
    fix = f"; {fixable} can be mended with --fix" if fixable else ""
    return [*parts, (f" ({looked}{extra}){fix}", "")]


def statistics(report: LintReport) -> Table:
    """How often each rule found something."""
    counts = Counter(finding.code for finding in report.findings)
    rows = []
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        known = report.rule_infos.get(code)
        rows.append((str(count), code, known.name if known else "", known.summary if known else ""))
    return Table(("count", "code", "rule", "what"), rows, right=frozenset({0}))
