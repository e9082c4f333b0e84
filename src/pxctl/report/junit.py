"""JUnit XML: one test case a finding, one suite a file; warnings and remarks are recorded as skipped."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr  # only writes XML: nothing is parsed

from pxctl.model.finding import Finding, LintReport, Severity


def findings_junit(report: LintReport) -> str:
    """The report as JUnit XML. Errors are failures; a clean run is one passing case."""
    suites = [_suite(file, list(found)) for file, found in groupby(report.findings, key=lambda f: f.span.file)]
    failures = sum(finding.severity is Severity.ERROR for finding in report.findings)
    count = max(len(report.findings), 1)
    skipped = len(report.findings) - failures
    if not suites:
        case = f'    <testcase classname="pxctl.lint" name="{report.files} files, {report.rules} rules" time="0"/>\n'
        suite = '  <testsuite name="pxctl lint" tests="1" failures="0" errors="0" skipped="0" time="0">'
        suites = [f"{suite}\n{case}  </testsuite>\n"]
    head = (
        f'<testsuites name="pxctl lint" tests="{count}" failures="{failures}" errors="0" skipped="{skipped}" time="0">'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{"".join(suites)}</testsuites>\n'


def _suite(file: str, findings: Iterable[Finding]) -> str:
    found = list(findings)
    failures = sum(finding.severity is Severity.ERROR for finding in found)
    head = (
        f'  <testsuite name={_attribute(file)} tests="{len(found)}" failures="{failures}" errors="0" '
        f'skipped="{len(found) - failures}" time="0">\n'
    )
    return head + "".join(_case(finding) for finding in found) + "  </testsuite>\n"


def _case(finding: Finding) -> str:
    name = _attribute(f"{finding.code} {finding.rule} at {finding.span}")
    tag = "failure" if finding.severity is Severity.ERROR else "skipped"
    kind = f' type="{finding.severity.value}"' if tag == "failure" else ""
    body = "\n".join(
        part for part in (f"{finding.severity.value} {finding.span}", finding.snippet, finding.hint) if part
    )
    message = finding.message if tag == "failure" else f"{finding.severity.value}: {finding.message}"
    return (
        f'    <testcase classname={_attribute(finding.span.file)} name={name} time="0">'
        f"<{tag} message={_attribute(message)}{kind}>{escape(_clean(body))}</{tag}></testcase>\n"
    )


def _attribute(text: str) -> str:
    return quoteattr(_clean(text), {"\n": "&#10;"})


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return "".join(
        c if c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "\ufffd"
        for c in text
    )
