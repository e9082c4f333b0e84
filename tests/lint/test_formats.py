"""Every format carries the same facts; SARIF is valid against its schema; nothing repeats a secret."""

from __future__ import annotations

import gzip
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.lint.helpers import DATA, edit, make_base, spoil

from pxctl.app.flows.lint import Linted, lint_whole
from pxctl.report.findings import findings_rich, findings_text, statistics
from pxctl.report.github import findings_github
from pxctl.report.json import to_json
from pxctl.report.junit import findings_junit
from pxctl.report.markdown import findings_markdown
from pxctl.report.sarif import findings_sarif

SARIF = DATA.parent / "sarif" / "sarif-schema-2.1.0.json.gz"


@pytest.fixture
def linted(tmp_path: Path) -> Linted:
    root = make_base(tmp_path)
    spoil(root)
    return lint_whole(root)


@pytest.fixture(scope="module")
def sarif_schema() -> Any:
    return jsonschema_rs.validator_for(json.loads(gzip.decompress(SARIF.read_bytes())))


def documents(linted: Linted) -> dict[str, str]:
    report = linted.report
    return {
        "text": findings_text(report),
        "rich": findings_rich(report).plain,
        "json": to_json(report),
        "sarif": findings_sarif(report, linted.texts),
        "github": findings_github(report),
        "junit": findings_junit(report),
        "markdown": findings_markdown(report),
    }


def test_all_formats_carry_the_same_facts(linted: Linted) -> None:
    report = linted.report
    assert {f.severity.value for f in report.findings} == {"error", "warning", "info"}
    words = {"text": "{}", "json": "{}", "sarif": "{}", "github": "{}", "junit": "{}", "markdown": "{}", "rich": "{}"}
    for name, text in documents(linted).items():
        plain = (
            text.replace("&lt;", "<").replace("&quot;", '"').replace("%3A", ":").replace("%2C", ",").replace("\\|", "|")
        )
        for finding in report.findings:
            assert finding.code in plain, name
            assert finding.rule in plain or name == "sarif", name
            assert words[name].format(finding.message) in plain or json.dumps(finding.message)[1:-1] in plain, name
            assert finding.span.file in plain, name
            assert str(finding.span.line) in plain, name
            assert finding.hint is None or finding.hint in plain or json.dumps(finding.hint)[1:-1] in plain, name
            assert finding.snippet is not None
            assert finding.snippet.strip() in plain or json.dumps(finding.snippet.strip())[1:-1] in plain, name


def test_sarif_is_valid(linted: Linted, sarif_schema: Any, tmp_path: Path) -> None:
    for report in (linted, lint_whole(make_base(tmp_path / "clean"))):
        document = json.loads(findings_sarif(report.report, report.texts))
        assert [error.message for error in sarif_schema.iter_errors(document)] == []
        run = document["runs"][0]
        assert len(run["results"]) == len(report.report.findings)
        for result in run["results"]:
            rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
            assert rule["id"] == result["ruleId"]
            assert "Why:" in rule["help"]["text"]
    assert "results" in run


def test_fingerprints_survive_moved_lines(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    spoil(root)

    def prints() -> list[str]:
        run = json.loads(findings_sarif(lint_whole(root).report))["runs"][0]
        return sorted(result["partialFingerprints"]["pxctlFinding/v1"] for result in run["results"])

    before = prints()
    edit(root, "providers/openai-main.yaml", "id: openai-main\n", "# a line\n\nid: openai-main\n")
    assert prints() == before
    assert len(set(before)) == len(before)


def test_junit_is_xml(linted: Linted) -> None:
    tree = ET.fromstring(findings_junit(linted.report))  # our own text
    assert int(tree.attrib["tests"]) == len(linted.report.findings)
    assert len(tree.findall(".//failure")) == sum(f.severity.value == "error" for f in linted.report.findings)


def test_github_lines_are_commands(linted: Linted) -> None:
    lines = findings_github(linted.report).splitlines()
    assert len(lines) == len(linted.report.findings)
    assert all(re.fullmatch(r"::(error|warning|notice) file=[^,:]+,line=\d+,col=\d+[^:]*::.+", line) for line in lines)


def test_github_escapes() -> None:
    from pxctl.core.span import Span
    from pxctl.model.finding import Finding, LintReport, Severity

    finding = Finding(code="PX0001", severity=Severity.ERROR, span=Span("a,b:c.yaml", 1, 1), message="x\n::error::y%")
    text = findings_github(LintReport(findings=(finding,)))
    assert text == "::error file=a%2Cb%3Ac.yaml,line=1,col=1,title=PX0001::x%0A::error::y%25\n"


def test_the_caret_stands_under_the_place(linted: Linted) -> None:
    lines = findings_text(linted.report).splitlines()
    at = next(i for i, line in enumerate(lines) if "PX0206" in line)
    source, caret = lines[at + 1], lines[at + 2]
    assert source[caret.index("^") : caret.rindex("^") + 1].strip("‹›") != ""
    assert len(source.split("|")[0]) == len(caret.split("|")[0])


def test_statistics(linted: Linted) -> None:
    table = statistics(linted.report)
    assert sum(int(str(row[0])) for row in table.rows) == len(linted.report.findings)


@pytest.mark.parametrize(
    "secret",
    [
        "sk-ant-api03-" + "Ab1" * 12, "sk-proj-" + "Ab1" * 12, "AIza" + "Ab1_" * 8 + "abc", "AKIA" + "QWERTYUIOP123456",
        "ghp_" + "Ab1" * 12, "xoxb-" + "123456789012-abcdefABCDEF", "hf_" + "Ab1" * 12, "gsk_" + "Ab1" * 16,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlLXBhcnQ", "glpat-" + "Ab1_" * 6, "hvs." + "Ab1" * 9,
        "AccountKey=" + "Ab1+" * 20 + "==", "-----BEGIN RSA PRIVATE KEY-----",
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["value", "comment", "key", "ref"])
def test_secrets_are_found_and_never_repeated(secret: str, where: str, tmp_path: Path) -> None:
    root = make_base(tmp_path)
    line = {
        "value": f'metadata: {{note: "{secret}"}}',
        "comment": f"metadata: {{owner: platform}} # {secret}",
        "key": f'metadata: {{"{secret}": x}}',
        "ref": f'credentials: {{api_key: "{secret}"}}',
    }[where]
    edit(root, "providers/openai-main.yaml", "metadata: {owner: platform}", line)
    linted = lint_whole(root)
    assert "PX0201" in {finding.code for finding in linted.report.findings}
    tail = secret[10:]
    for name, text in documents(linted).items():
        assert tail not in text, name


@pytest.mark.parametrize("quiet", ["", " # pxctl: ignore PX0205 a sandbox", "off"])
def test_another_finding_on_the_line_of_a_secret_does_not_repeat_it(tmp_path: Path, quiet: str) -> None:
    """Also where the finding about the secret itself is ignored or switched off."""
    root = make_base(tmp_path)
    url = '{region: eu, url: "https://acme.openai.azure.com?subscription-key=hunter2hunter2"}'
    old = '{region: eu, url: "https://acme.openai.azure.com"}'
    edit(root, "providers/azure-eu.yaml", old, url + ("" if quiet == "off" else quiet))
    if quiet == "off":
        edit(root, "pxctl.yaml", "version: 1", 'version: 1\nlint: {rules: {PX0205: "off"}}')
    linted = lint_whole(root)
    codes = {finding.code for finding in linted.report.findings}
    assert "PX0305" in codes and ("PX0205" in codes) == (not quiet)
    for name, text in documents(linted).items():
        assert "hunter2" not in text, name
