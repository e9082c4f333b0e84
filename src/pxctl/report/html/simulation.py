"""A simulation's page: the verdict and the figures first, then shares, cost, latency and what stood in for what."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from pxctl.model.comparison import Comparison, OutcomeReport, SimulationSet
from pxctl.model.replay import ReplayReport
from pxctl.report.amounts import clock, milliseconds, money, share
from pxctl.report.comparison import comparison_text, outcomes_text, set_text
from pxctl.report.html.charts import HALF, Axis, Band, lines, stacked
from pxctl.report.html.parts import cards, chain, panel, shares, table
from pxctl.report.html.style import GREY, colours, document
from pxctl.report.replay import headline, replay_text
from pxctl.report.text import Table

SHOWN = 9
OTHERS = "others"
_TOTALS = {"requests": "#3b6fd4", "cost": "#3fa37a", "p50": "#4fb3cf", "p95": "#7a6ff0", "refused": "#d6a92c",
           "nobody answered": "#c9515b", "answered by a fallback": "#e0803a"}  # fmt: skip


def page(value: ReplayReport | SimulationSet | Comparison | OutcomeReport) -> str:
    """The page of any result."""
    if isinstance(value, ReplayReport):
        return document(headline(value), f"<h1>{escape(_title(value))}</h1>{_run(value)}")
    if isinstance(value, SimulationSet):
        if len(value.runs) == 1:
            return page(value.runs[0])
        tables = "".join(table(part) for part in set_text(value) if isinstance(part, Table))
        runs = "".join(f"<h2>{escape(_title(run))}</h2>{_run(run)}" for run in value.runs)
        verdict = _tag("every expectation held", "good") if value.ok else _tag("an expectation is broken", "bad")
        body = f'<h1>{len(value.runs)} scenarios</h1><p>{verdict}</p><div class="panel">{tables}</div>{runs}'
        return document(f"{len(value.runs)} scenarios", body)
    if isinstance(value, Comparison):
        return document(f"{value.a} against {value.b}", _comparison(value))
    tables = "".join(table(part) for part in outcomes_text(value) if isinstance(part, Table))
    title = f"recorded outcomes of {value.table}"
    return document(title, f'<h1>{escape(title)}</h1><div class="panel">{tables}</div>')


def _title(report: ReplayReport) -> str:
    return f"Scenario {report.scenario}" if report.scenario else f"Traffic of {report.trace or 'nowhere'}"


def _tag(text: str, kind: str) -> str:
    return f'<span class="tag {kind}">{escape(text)}</span>'


def _comparison(value: Comparison) -> str:
    measures = "".join(table(part, codes=()) for part in comparison_text(value) if isinstance(part, Table))
    sides = "".join(
        f"<h2>{side}: policy {escape(name)}</h2>{_run(report)}"
        for side, name, report in (("A", value.a, value.report_a), ("B", value.b, value.report_b))
    )
    about = f"{value.report_a.rows:,} requests, the same for both, paired one by one; seed {value.report_a.seed}"
    return (
        f"<h1>A {escape(value.a)} against B {escape(value.b)}</h1>"
        f'<p class="soft">{about}</p><div class="panel">{measures}</div>{sides}'
    )


def _run(report: ReplayReport) -> str:
    return "\n".join(_parts(report))


def _parts(report: ReplayReport) -> Iterator[str]:
    about = [f"{report.rows:,} requests over {clock(report.duration)}", f"seed {report.seed}"]
    about += [f"policy {report.policy}"] if report.policy else []
    about += [f"commit {report.source[:12]}"] if report.source else []
    yield f'<p class="soft">{escape(report.description or "")}</p>' if report.description else ""
    yield f'<p class="soft">{escape(", ".join(about))}</p>'
    yield cards(_figures(report))
    if report.expectations:
        yield "<p>" + " ".join(
            _tag(f"{h.name} {h.wanted}: {h.got}", "good" if h.ok else "bad") for h in report.expectations
        ) + "</p>"  # fmt: skip
    if len(report.windows) > 1:
        yield from _charts(report)
    palette = colours(list(report.deployments)[:SHOWN])
    yield '<div class="two">'
    yield panel(
        "where requests go", shares({n: t.requests for n, t in report.deployments.items()}, palette, report.rows)
    )
    if report.kind == "simulation":
        yield panel("who answers", shares(report.answered, palette, report.rows))
    if report.refusals or report.excluded:
        refused = {**report.refusals, **{f"excluded: {k}": n for k, n in report.excluded.items()}}
        yield panel("why requests are refused", shares(refused, {}, report.rows))
    yield "</div>"
    for fault, paths in report.fault_paths.items():
        rows = "".join(
            f"<tr><td>{chain(path)}</td><td class=n>{count:,}</td></tr>" for path, count in list(paths.items())[:10]
        )
        yield panel(f"when the primary failed: {fault}", f"<table><tbody>{rows}</tbody></table>")
    yield from _details(report)


def _figures(report: ReplayReport) -> Iterator[tuple[str, str]]:
    totals = report.totals
    if report.kind == "simulation":
        yield "served", share(totals.served)
        yield "hit rate of the primaries", share(totals.hit_rate)
        yield "fallback success", share(totals.fallback_success)
        if totals.sla_asked:
            yield "SLA met", share(totals.sla)
        yield "median latency", milliseconds(totals.latency_p50)
        yield "p95 latency", milliseconds(totals.latency_p95)
    yield f"routed, {totals.routed:,} of {report.rows:,}", share(totals.routed / report.rows if report.rows else None)
    yield "refused", f"{totals.refused:,}"
    if report.rejected:
        yield "not judged", f"{sum(report.rejected.values()):,}"
    yield "cost", money(totals.cost)
    yield "cost of 1,000 requests", f"${totals.cost / max(totals.routed, 1) / 10**9:,.3f}"
    yield "input tokens", _short(totals.input_tokens)
    yield "output tokens", _short(totals.output_tokens)


def _short(count: int) -> str:
    for size, sign in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.1f} {sign}"
    return str(count)


def _charts(report: ReplayReport) -> Iterator[str]:
    length = report.windows[0].length
    starts = [i * length for i in range(report.windows[-1].at // length + 1)]
    by_start = {window.at: window for window in report.windows}
    axis, bands = Axis(starts, length), _bands(report)
    names = list(report.deployments)[:SHOWN]
    found = [by_start.get(at) for at in starts]
    flows = {n: [float(w.deployments.get(n, 0)) if w else 0.0 for w in found] for n in names}
    others = [float(sum(w.deployments.values())) - sum(flows[n][i] for n in names) if w else 0.0
              for i, w in enumerate(found)]  # fmt: skip
    if any(others):
        flows[OTHERS] = others
    palette = {**colours(names), OTHERS: GREY}
    yield panel("share of each deployment as primary", stacked(axis, flows, palette, bands))
    axis = Axis(starts, length, HALF)
    yield '<div class="two">'
    per = f"each {length / 1_000_000:g} s"
    spent = {"cost": [float(w.totals.cost) if w else 0.0 for w in found]}
    yield panel(f"cost, {per}", lines(axis, spent, _TOTALS, lambda v: f"${v / 10**12:,.3g}", bands))
    count = {"requests": [float(w.totals.requests) if w else 0.0 for w in found]}
    yield panel(f"requests, {per}", lines(axis, count, _TOTALS, lambda v: f"{v:,.0f}", bands))
    if report.kind == "simulation":
        times = {q: [float(getattr(w.totals, f"latency_{q}")) if w else 0.0 for w in found] for q in ("p50", "p95")}
        yield panel("latency", lines(axis, times, _TOTALS, lambda v: milliseconds(int(v)), bands))
        lost = {
            "refused": [float(w.totals.refused) if w else 0.0 for w in found],
            "nobody answered": [float(w.totals.failed) if w else 0.0 for w in found],
            "answered by a fallback": [float(w.totals.fallback_ok) if w else 0.0 for w in found],
        }
        yield panel("what did not go as planned", lines(axis, lost, _TOTALS, lambda v: f"{v:,.0f}", bands))
    yield "</div>"


def _bands(report: ReplayReport) -> list[Band]:
    """Faults and safe mode as stretches of time."""
    found: list[Band] = []
    begun: dict[str, int] = {}
    for event in report.events:
        kind, _, what = event.what.partition(": ")
        if kind == "fault":
            begun[what] = event.at
        elif kind == "over" and what in begun:
            found.append(Band(begun.pop(what), event.at, what))
        elif event.what == "safe mode: on":
            begun["safe mode"] = event.at
        elif event.what.startswith("safe mode: off") and "safe mode" in begun:
            found.append(Band(begun.pop("safe mode"), event.at, "safe mode", "safe"))
    end = report.duration
    found += [Band(at, end, what, "safe" if what == "safe mode" else "band") for what, at in begun.items()]
    return found


def _details(report: ReplayReport) -> Iterator[str]:
    tables = [
        part for part in replay_text(report) if isinstance(part, Table) and part.headers[0] not in ("", "expectation")
    ]
    for part in tables:
        if part.headers[0] in ("route", "policy", "tenant", "experiment arm", "deployment"):
            yield f"<details><summary>by {escape(part.headers[0])}</summary>{panel('', table(part))}</details>"
    if report.events:
        rows = [(clock(e.at), e.what) for e in report.events]
        told = panel("", table(Table(("time", "event"), rows)))
        yield f"<details><summary>{len(rows)} events</summary>{told}</details>"
    if report.assumptions:
        items = "".join(f"<li>{escape(text)}</li>" for text in report.assumptions)
        yield f"<details><summary>what was assumed</summary><ul>{items}</ul></details>"
