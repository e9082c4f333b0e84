"""A validation report as JUnit XML: a test suite a provider, a test case a suite, model and region."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pxctl.model.evidence import ValidationReport

_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def validation_junit(report: ValidationReport) -> str:
    """One XML document."""
    root = Element("testsuites", name="pxctl validate")
    for one in report.evidence:
        failures = sum(not result.passed for result in one.results)
        general = [reason for reason in one.reasons if not _told(reason, one.results)]
        suite = SubElement(
            root, "testsuite", name=one.provider, tests=str(len(one.results) + bool(general)),
            failures=str(failures + bool(general)), errors="0", timestamp=one.started_at.isoformat(timespec="seconds"),
            time=f"{(one.finished_at - one.started_at).total_seconds():.3f}",
        )  # fmt: skip
        for result in one.results:
            name = f"{result.suite} {result.model}@{result.region}"
            seconds = sum(result.latency_ms) / 1000
            case = SubElement(suite, "testcase", classname=one.provider, name=_xml(name), time=f"{seconds:.3f}")
            if not result.passed:
                failure = SubElement(case, "failure", type=result.error or "failed", message=_xml(result.reason or ""))
                failure.text = _xml(result.reason or "")
        if general:
            case = SubElement(suite, "testcase", classname=one.provider, name="thresholds", time="0.000")
            SubElement(case, "failure", type="threshold", message=_xml(general[0])).text = _xml("\n".join(general))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _told(reason: str, results: tuple[object, ...]) -> bool:
    return any(
        reason.startswith(f"{getattr(r, 'suite', '')} {getattr(r, 'model', '') or '-'}@{getattr(r, 'region', '')}:")
        for r in results
    )


def _xml(text: str) -> str:
    return _CONTROL.sub("\ufffd", text)
