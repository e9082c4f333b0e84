"""Markdown: findings as a table for a pull-request comment or a job summary."""

from __future__ import annotations

from collections import Counter

from pxctl.model.finding import Finding, LintReport, Severity
from pxctl.report.text import plural

_SIGN = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}


def findings_markdown(report: LintReport) -> str:
    """A heading with the counts, then one row a finding."""
    looked = f"{plural(report.files, 'file')}, {plural(report.rules, 'rule')}"
    looked += f", {plural(report.ignored, 'finding')} ignored with a reason" if report.ignored else ""
    if not report.findings:
        return f"### ✅ pxctl lint: no findings\n\n{looked}\n"
    counts = Counter(finding.severity for finding in report.findings)
    words = [plural(counts[s], s.value, "info" if s is Severity.INFO else "") for s in Severity if counts[s]]
    rows = "\n".join(_row(finding) for finding in report.findings)
    head = f"### {_SIGN[report.findings[0].severity] if not report.failed else '❌'} pxctl lint: {', '.join(words)}"
    return f"{head}\n\n{looked}\n\n| | place | rule | finding | way out |\n|---|---|---|---|---|\n{rows}\n"


def _row(finding: Finding) -> str:
    snippet = (
        f"<br><code>{_html(finding.snippet.strip())}</code>" if finding.snippet and finding.snippet.strip() else ""
    )
    sign = f"{_SIGN[finding.severity]} {finding.severity.value}"
    cells = (
        sign,
        _place(str(finding.span)),
        f"{finding.code} {finding.rule}",
        _cell(finding.message) + snippet,
        _cell(finding.hint or ""),
    )
    return "| " + " | ".join(cells) + " |"


def _place(text: str) -> str:
    return f"<code>{_html(text)}</code>" if "`" in text or "|" in text else f"`{text}`"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _html(text: str) -> str:
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("|", "&#124;")
        .replace("`", "&#96;")
    )
