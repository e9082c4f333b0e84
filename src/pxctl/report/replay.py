"""A replay or simulation for people: terminal tables and sparklines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pxctl.model.replay import ReplayReport, Totals
from pxctl.report.amounts import clock, milliseconds, money, share, sparkline
from pxctl.report.text import Cell, Table, percent, plural

MOST_ROWS = 12


def replay_text(report: ReplayReport) -> list[Any]:
    """The run, from the whole to the parts; what did not happen is left out."""
    simulated = report.kind == "simulation"
    parts: list[Any] = [headline(report), ""]
    parts.append(Table(("", ""), list(overview(report)), right=frozenset({1})))
    if report.expectations:
        rows: list[tuple[Cell, ...]] = [
            (("held", "green") if h.ok else ("broken", "bold red"), h.name, h.wanted, h.got)
            for h in report.expectations
        ]
        parts += ["", Table(("expectation", "", "wanted", "got"), rows)]
    parts += ["", _by("deployment", report.deployments, report, simulated)]
    parts += ["", _by("route", report.routes, report, simulated)]
    if len(report.policies) > 1:
        parts += ["", _by("policy", report.policies, report, simulated)]
    if report.arms:
        parts += ["", _by("experiment arm", report.arms, report, simulated)]
    parts += ["", _by("tenant", report.tenants, report, simulated, most=8)]
    parts += [*_counts("refused because", report.refusals, report.rows)]
    parts += [*_counts("no candidate, and excluded by", report.excluded, report.rows)]
    parts += [*_counts("a fallback stood in", report.paths, report.rows)]
    parts += [*_counts("not judged", report.rejected, report.rows)]
    parts += list(_timeline(report))
    if report.events:
        parts += ["", Table(("time", "event"), [(clock(e.at), e.what) for e in report.events[:40]])]
    if report.assumptions:
        parts += ["", "assumed: " + "; ".join(report.assumptions)]
    return parts


def headline(report: ReplayReport) -> str:
    """One line that says what ran."""
    what = f"scenario {report.scenario}" if report.scenario else report.trace or "traffic"
    with_ = f" with policy {report.policy}" if report.policy else ""
    at = f" at {report.source[:12]}" if report.source else ""
    return f"{what}{at}{with_}: {plural(report.rows, 'request')}, seed {report.seed}"


def overview(report: ReplayReport) -> Iterable[tuple[Cell, Cell]]:
    """The figures of the whole run, by name."""
    totals = report.totals
    yield "routed", f"{totals.routed:,} ({percent(totals.routed, report.rows)})"
    yield "refused", f"{totals.refused:,} ({percent(totals.refused, report.rows)})"
    if report.rejected:
        rejected = sum(report.rejected.values())
        yield ("not judged", "yellow"), f"{rejected:,} ({percent(rejected, report.rows)})"
    yield "cost", money(totals.cost)
    yield "cost of 1,000 requests", money(totals.cost * 1000 // totals.routed) if totals.routed else "-"
    yield "tokens in, out", f"{totals.input_tokens:,}, {totals.output_tokens:,}"
    if totals.from_fallbacks:
        yield "primary from the listed fallbacks", f"{totals.from_fallbacks:,}"
    if totals.degraded:
        yield "decided on last known health", f"{totals.degraded:,}"
    if report.kind == "simulation":
        yield "hit rate", share(totals.hit_rate)
        yield "fallback success", share(totals.fallback_success)
        yield "served", share(totals.served)
        yield "SLA met", share(totals.sla)
        yield "latency p50, p95", f"{milliseconds(totals.latency_p50)}, {milliseconds(totals.latency_p95)}"


def _by(
    title: str, groups: Mapping[str, Totals], report: ReplayReport, simulated: bool, most: int = MOST_ROWS
) -> Table:
    headers = [title, "requests", "share", "refused", "cost"]
    headers += ["hit rate", "served", "SLA", "p95"] if simulated else []
    rows = [_row(name, totals, report, simulated) for name, totals in list(groups.items())[:most]]
    if len(groups) > most:
        rows.append([(f"... and {len(groups) - most:,} more", "dim"), *([""] * (len(headers) - 1))])
    return Table(headers, rows, right=frozenset(range(1, len(headers))))


def _row(name: str, totals: Totals, report: ReplayReport, simulated: bool) -> list[Cell]:
    cells: list[Cell] = [
        name, f"{totals.requests:,}", percent(totals.requests, report.rows), f"{totals.refused:,}", money(totals.cost),
    ]  # fmt: skip
    if simulated:
        p95 = milliseconds(totals.latency_p95) if totals.latency_p95 else "-"
        cells += [share(totals.hit_rate), share(totals.served), share(totals.sla), p95]
    return cells


def _counts(title: str, counts: Mapping[str, int], whole: int) -> Iterable[Any]:
    if counts:
        rows = [(name, f"{n:,}", percent(n, whole)) for name, n in list(counts.items())[:MOST_ROWS]]
        yield ""
        yield Table((title, "requests", "share"), rows, right=frozenset({1, 2}))


def _timeline(report: ReplayReport) -> Iterable[Any]:
    if len(report.windows) < 2:
        return
    length = report.windows[-1].at // report.windows[0].length + 1
    series: dict[str, list[float]] = {"requests": [0.0] * length, "cost": [0.0] * length}
    if report.kind == "simulation":
        series |= {"p95": [0.0] * length, "not served": [0.0] * length}
    for window in report.windows:
        slot, totals = window.at // window.length, window.totals
        series["requests"][slot], series["cost"][slot] = totals.requests, totals.cost
        if report.kind == "simulation":
            series["p95"][slot], series["not served"][slot] = totals.latency_p95, totals.refused + totals.failed
        for name in list(report.deployments)[:5]:
            series.setdefault(name, [0.0] * length)[slot] = window.deployments.get(name, 0)
    yield ""
    yield Table((f"over {clock(report.duration)}", ""), [(name, sparkline(values)) for name, values in series.items()])
