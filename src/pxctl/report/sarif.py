"""SARIF 2.1.0: findings for code scanning. Rule help, fingerprints, fixes; `results` is there even when empty."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pxctl import __version__
from pxctl.model.finding import Edit, Finding, LintReport, RuleInfo, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def findings_sarif(report: LintReport, texts: Mapping[str, str] | None = None) -> str:
    """The report as SARIF. `texts` are the files' texts by name; with them fixes carry their regions."""
    rules = sorted(report.rule_infos.values(), key=lambda rule: rule.code)
    index = {rule.code: number for number, rule in enumerate(rules)}
    seen: dict[str, int] = {}
    run = {
        "tool": {
            "driver": {
                "name": "pxctl",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "the root of the repository"}}},
        "results": [_result(finding, index, seen, texts or {}) for finding in report.findings],
        "properties": {"files": report.files, "rules": report.rules, "ignored": report.ignored},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: RuleInfo) -> dict[str, Any]:
    from pxctl.report.rules import markdown_help

    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary + "."},
        "fullDescription": {"text": " ".join(rule.help.split("\n\n", 1)[0].split())},
        "help": {"text": rule.help, "markdown": markdown_help(rule.help)},
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
        "properties": {
            "tags": [rule.family],
            "problem.severity": rule.severity.value.replace("info", "recommendation"),
        },
    }


def _result(
    finding: Finding, index: Mapping[str, int], seen: dict[str, int], texts: Mapping[str, str]
) -> dict[str, Any]:
    text = finding.message + (f" ({finding.hint})" if finding.hint else "")
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVEL[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _place(finding)}],
        "partialFingerprints": {"pxctlFinding/v1": fingerprint(finding, seen)},
        "properties": {
            "rule": finding.rule,
            "message": finding.message,
            "hint": finding.hint,
            "path": list(finding.path),
        },
    }
    if finding.code in index:
        result["ruleIndex"] = index[finding.code]
    fixes = [edit for edit in finding.fix if edit.file in texts]
    if fixes:
        result["fixes"] = [
            {"description": {"text": finding.hint or "apply"}, "artifactChanges": [_change(e) for e in fixes]}
        ]
    return result


def _place(finding: Finding) -> dict[str, Any]:
    span = finding.span
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(span.file), "uriBaseId": "ROOT"}}
    if span.line:
        region: dict[str, Any] = {"startLine": span.line}
        if span.column:
            region["startColumn"] = span.column
        if span.end_line:
            region |= {"endLine": span.end_line, "endColumn": max(span.end_column, 1)}
        if finding.snippet is not None:
            region["snippet"] = {"text": finding.snippet}
        place["region"] = region
    return place


def _change(edit: Edit) -> dict[str, Any]:
    region = {"charOffset": edit.start, "charLength": edit.end - edit.start}
    return {
        "artifactLocation": {"uri": quote(edit.file), "uriBaseId": "ROOT"},
        "replacements": [{"deletedRegion": region, "insertedContent": {"text": edit.text}}],
    }


def fingerprint(finding: Finding, seen: dict[str, int]) -> str:
    """What stays the same when lines move: rule, file, path in the document and sentence; repeats are numbered."""
    parts = (finding.code, finding.span.file, "/".join(map(str, finding.path)), finding.message)
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    seen[digest] = seen.get(digest, 0) + 1
    return f"{digest}:{seen[digest]}"
