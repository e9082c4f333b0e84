"""A validation report as one HTML page without scripts or outside parts."""

from __future__ import annotations

from html import escape

from pxctl.model.evidence import Evidence, ValidationReport
from pxctl.report.evidence import health_words, milliseconds

_STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1c2024}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{text-align:left;padding:.3rem .6rem}
th{border-bottom:2px solid #8b8d98}td{border-bottom:1px solid #d9d9e0}
td.n{text-align:right;font-variant-numeric:tabular-nums}
.passed{color:#18794e}.failed{color:#ce2c31;font-weight:600}
@media(prefers-color-scheme:dark){body{background:#111113;color:#edeef0}.passed{color:#3dd68c}.failed{color:#ff9592}}"""


def validation_html(report: ValidationReport) -> str:
    """One page."""
    verdict = "passed" if report.passed else "failed"
    scope = f", environment {escape(report.environment)}" if report.environment else ""
    body = "".join(_provider(one) for one in report.evidence)
    partial = "<p class=failed>Interrupted: this report is partial.</p>" if report.interrupted else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Validation {verdict}</title>\n'
        f"<style>{_STYLE}</style></head>\n<body><h1>Validation <span class={verdict}>{verdict}</span>{scope}</h1>\n"
        f"{partial}{body}</body></html>\n"
    )


def _provider(one: Evidence) -> str:
    rows = "".join(
        f"<tr><td>{escape(r.region)}</td><td>{escape(r.suite)}</td><td>{escape(r.model or '-')}</td>"
        f"<td class={'passed' if r.passed else 'failed'}>{'passed' if r.passed else escape(r.error or 'failed')}</td>"
        f"<td class=n>{r.calls}</td><td class=n>{milliseconds(r.latency_p50_ms)}</td>"
        f"<td class=n>{milliseconds(r.latency_p95_ms)}</td><td class=n>{escape(r.cost_usd)}</td></tr>\n"
        for r in one.results
    )
    heads = "".join(f"<th>{name}</th>" for name in ("region", "suite", "model", "result", "calls", "p50", "p95", "USD"))
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in one.reasons)
    why = f"<ul>{reasons}</ul>" if reasons else ""
    word = "passed" if one.passed else "failed"
    return (
        f"<h2>{escape(one.provider)}: <span class={word}>{one.state}</span></h2>\n"
        f"<p>Health {escape(health_words(one))}. File <code>{escape(one.blob[:12])}</code>, "
        f"measured {one.finished_at:%Y-%m-%d %H:%M:%S}Z, valid until {one.expires_at:%Y-%m-%d %H:%M}Z.</p>\n"
        f"{why}<table><tr>{heads}</tr>\n{rows}</table>\n"
    )
