"""Validation reports and evidence for people: text, Markdown."""

from __future__ import annotations

from typing import Any

from pxctl.model.evidence import Evidence, SuiteResult, ValidationReport
from pxctl.report.terminal import state
from pxctl.report.text import Cell, Table, plural


def validation_text(report: ValidationReport) -> list[Any]:
    """One row a suite, then what failed and what to do."""
    rows: list[tuple[Cell, ...]] = []
    for evidence in report.evidence:
        for result in evidence.results:
            rows.append(
                (
                    evidence.provider, result.region, result.suite, result.model or "-",
                    state("passed" if result.passed else "failed"), str(result.calls),
                    milliseconds(result.latency_p50_ms), milliseconds(result.latency_p95_ms), result.cost_usd,
                )
            )  # fmt: skip
    headers = ("provider", "region", "suite", "model", "result", "calls", "p50", "p95", "usd")
    parts: list[Any] = [Table(headers, rows, right=frozenset({5, 6, 7, 8}))] if rows else []
    parts += ["", summary(report)]
    for evidence in report.evidence:
        if evidence.reasons:
            parts.append("")
            parts.append((f"{evidence.provider}: {evidence.state}, publishing is blocked", "red"))
            parts.extend(f"  - {reason}" for reason in evidence.reasons)
    if report.interrupted:
        parts.append(("interrupted: this report is partial", "yellow"))
    return parts


def summary(report: ValidationReport) -> Table:
    """One row a provider."""
    rows: list[tuple[Cell, ...]] = []
    for one in report.evidence:
        word = "partial" if one.partial else one.state
        passed = sum(result.passed for result in one.results)
        until = f"{one.expires_at:%Y-%m-%d %H:%M}Z" if one.passed else "-"
        rows.append((one.provider, state(word), f"{one.health:.3f}", f"{passed}/{len(one.results)}", until))
    return Table(("provider", "state", "health", "suites", "evidence until"), rows, right=frozenset({2, 3}))


def progress_line(provider: str, result: SuiteResult) -> str:
    """A suite that ended, on one line."""
    what = f"{provider} {result.region} {result.suite} {result.model}".rstrip()
    if result.passed:
        return f"passed  {what}  {milliseconds(result.latency_p50_ms)}"
    return f"failed  {what}  {result.error}"


def milliseconds(value: float | None) -> str:
    """`340 ms`, or `-`."""
    return "-" if value is None else f"{value:.0f} ms"


def health_words(evidence: Evidence) -> str:
    """The health score with its parts, as the formula has them."""
    parts = ", ".join(f"{name} {value:.3f}" for name, value in evidence.health_parts.items())
    return f"{evidence.health:.3f} ({parts})" if parts else f"{evidence.health:.3f}"


def validation_markdown(report: ValidationReport) -> str:
    """A Markdown page, for a comment on a pull request."""
    failed = [one for one in report.evidence if not one.passed]
    verdict = "passed" if report.passed else f"{plural(len(failed), 'provider')} failed"
    lines = [f"## Validation: {verdict}", "", "| provider | state | health | evidence until |", "|---|---|---:|---|"]
    for one in report.evidence:
        until = f"{one.expires_at:%Y-%m-%d %H:%M}Z" if one.passed else "-"
        lines.append(f"| `{one.provider}` | {one.state} | {health_words(one)} | {until} |")
    lines += [
        "",
        "| provider | region | suite | model | result | calls | p95 | USD |",
        "|---|---|---|---|---|---:|---:|---:|",
    ]
    for one in report.evidence:
        for r in one.results:
            result = "passed" if r.passed else "**failed**"
            cells = (f"`{one.provider}`", r.region, r.suite, f"`{_cell(r.model or '-')}`", result, str(r.calls))
            lines.append(f"| {' | '.join(cells)} | {milliseconds(r.latency_p95_ms)} | {r.cost_usd} |")
    for one in failed:
        lines += ["", f"**`{one.provider}` is `{one.state}`; publishing is blocked:**", ""]
        lines += [f"- {_cell(reason)}" for reason in one.reasons]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
