"""Whatever a finding says, each format still says it: nothing of it becomes markup, a command or another finding."""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pxctl.core.span import Span
from pxctl.model.finding import Finding, LintReport, Severity
from pxctl.report.findings import findings_rich, findings_text
from pxctl.report.github import findings_github
from pxctl.report.json import to_json
from pxctl.report.junit import findings_junit
from pxctl.report.markdown import findings_markdown
from pxctl.report.sarif import findings_sarif

SIGNS = "ab |`*_[]()<>&\"'%,:;=#\\]]>é😀::error::{}$~!-"
WORDS = st.text(alphabet=SIGNS, min_size=1, max_size=20).map(str.strip).filter(bool)
FINDINGS = st.builds(
    Finding,
    code=st.sampled_from(["PX0001", "PX0516"]),
    severity=st.sampled_from(list(Severity)),
    span=st.builds(Span, WORDS.map(lambda name: f"providers/{name}.yaml"), st.integers(1, 9), st.integers(1, 9)),
    message=WORDS,
    hint=WORDS,
    snippet=WORDS,
    rule=st.just("some-rule"),
)


def _unescaped(command: str) -> str:
    for sign, code in (("\n", "%0A"), ("\r", "%0D"), (":", "%3A"), (",", "%2C"), ("%", "%25")):
        command = command.replace(code, sign)
    return command


@settings(max_examples=120, deadline=None)
@given(st.lists(FINDINGS, min_size=1, max_size=4))
@example([Finding(code="PX0001", severity=Severity.ERROR, span=Span("a|`b`.yaml", 1, 1), message="x|y `z|` <b>")])
def test_each_format_says_what_was_found(findings: list[Finding]) -> None:
    report = LintReport(findings=tuple(findings), files=1, rules=1)
    facts = [(f.code, f.span.file, f.span.line, f.span.column, f.message, f.hint) for f in findings]

    told = [(f, f["span"]) for f in json.loads(to_json(report))["findings"]]
    assert [(f["code"], s["file"], s["line"], s["column"], f["message"], f["hint"]) for f, s in told] == facts

    results = json.loads(findings_sarif(report))["runs"][0]["results"]
    told = [(result, result["locations"][0]["physicalLocation"]) for result in results]
    assert [(r["ruleId"], unquote(p["artifactLocation"]["uri"])) for r, p in told] == [fact[:2] for fact in facts]
    assert [(p["region"]["startLine"], p["region"]["startColumn"]) for _r, p in told] == [fact[2:4] for fact in facts]
    assert [(r["properties"]["message"], r["properties"]["hint"]) for r, _p in told] == [fact[4:] for fact in facts]

    cases = ET.fromstring(findings_junit(report)).iter("testcase")
    shown = sorted((case.attrib["classname"], case[0].attrib["message"]) for case in cases)
    prefix = {Severity.ERROR: "", Severity.WARNING: "warning: ", Severity.INFO: "info: "}
    assert shown == sorted((f.span.file, prefix[f.severity] + f.message) for f in findings)

    commands = findings_github(report).splitlines()
    assert len(commands) == len(findings)
    for command, finding in zip(commands, findings, strict=True):
        found = re.fullmatch(r"::(?:error|warning|notice) file=([^,:]*),line=(\d+),col=(\d+)(?:,[^:]*)?::(.*)", command)
        assert found is not None
        assert _unescaped(found[1]) == finding.span.file
        assert found[4].replace("%0A", "\n").replace("%25", "%").startswith(finding.message)

    rows = findings_markdown(report).rstrip().split("\n")[6:]
    assert len(rows) == len(findings)
    for row, finding in zip(rows, findings, strict=True):
        assert len(re.split(r"(?<!\\)(?:\\\\)*\|", row)) == 7, row
        assert str(finding.span) in html.unescape(row.replace("\\|", "|"))

    for text in (findings_text(report), findings_rich(report).plain):
        for finding in findings:
            assert f"{finding.span}: {finding.severity.value} {finding.code}" in text
            assert f": {finding.message}\n" in text
