"""GitHub workflow commands: one annotation a finding."""

from __future__ import annotations

from pxctl.model.finding import Finding, LintReport, Severity

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def findings_github(report: LintReport) -> str:
    """`::error file=…,line=…,col=…,title=…::message` lines; nothing where nothing was found."""
    return "".join(_line(finding) + "\n" for finding in report.findings)


def _line(finding: Finding) -> str:
    span = finding.span
    place = {"file": span.file, "line": max(span.line, 1), "col": max(span.column, 1)}
    if span.end_line:
        place["endLine"] = span.end_line
        if span.end_line == span.line:
            place["endColumn"] = max(span.end_column - 1, span.column)
    place["title"] = f"{finding.code} {finding.rule}".strip()
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items())
    text = finding.message
    if finding.snippet:
        text += f"\n{finding.snippet}"
    if finding.hint:
        text += f"\n{finding.hint}"
    return f"::{_LEVEL[finding.severity]} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
