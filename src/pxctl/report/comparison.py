"""A/B runs, sets of scenarios and recorded outcomes for people."""

from __future__ import annotations

from typing import Any

from pxctl.model.comparison import Chosen, Comparison, Difference, OutcomeReport, SimulationSet
from pxctl.model.replay import ReplayReport
from pxctl.report.amounts import milliseconds, money, share
from pxctl.report.replay import replay_text
from pxctl.report.text import Cell, Table, listing, plural


def comparison_text(value: Comparison) -> list[Any]:
    """Both sides and their differences, with intervals."""
    rows: list[list[Cell]] = [
        [d.name, figure(d, d.a), figure(d, d.b), figure(d, d.difference, signed=True),
         f"{figure(d, d.low, signed=True)} to {figure(d, d.high, signed=True)}",
         ("differs", "yellow") if d.significant else ("no difference shown", "dim")]
        for d in value.differences
    ]  # fmt: skip
    head = f"A = {value.a}, B = {value.b}: {plural(value.report_a.rows, 'request')}, seed {value.report_a.seed}"
    table = Table(("", "A", "B", "B - A", "95 % interval", ""), rows, right=frozenset({1, 2, 3, 4}))
    unmet = [(f"fault: {what}: met by no request", "bold red") for what in value.unmet]
    return [(head, "bold"), "", table, *unmet]


def figure(difference: Difference, value: float, *, signed: bool = False) -> str:
    """A measure in its unit."""
    plus = "+" if signed else ""
    if difference.unit == "usd":
        return f"{'-' if value < 0 else plus}${abs(value):.6f}"
    if difference.unit == "ms":
        return f"{value:{plus}.1f} ms"
    return f"{100 * value:{plus}.2f} {'points' if signed else '%'}"


def set_text(value: SimulationSet) -> list[Any]:
    """One run in full; several as a table, and in full those that broke an expectation."""
    if len(value.runs) == 1:
        return replay_text(value.runs[0])
    headers = ("scenario", "", "requests", "served", "hit rate", "fallbacks", "refused", "p95", "cost", "broken")
    rows: list[list[Cell]] = [_run(run) for run in value.runs]
    return [Table(headers, rows, right=frozenset({2, 3, 4, 5, 6, 7, 8}))]


def _run(run: ReplayReport) -> list[Cell]:
    totals = run.totals
    broken = [f"{h.name} wanted {h.wanted}, got {h.got}" for h in run.expectations if not h.ok]
    verdict = ("broken", "bold red") if broken else ("held", "green") if run.expectations else ("nothing asked", "dim")
    return [
        run.scenario or "", verdict, f"{run.rows:,}", share(totals.served), share(totals.hit_rate),
        share(totals.fallback_success), f"{totals.refused:,}", milliseconds(totals.latency_p95), money(totals.cost),
        "; ".join(broken),
    ]  # fmt: skip


def outcomes_text(value: OutcomeReport) -> list[Any]:
    """What each way of choosing comes to."""
    ways = [*value.always, value.random, value.random_seeded, value.oracle]
    rows: list[list[Cell]] = [_way(way, f"always {way.name}") for way in value.always]
    rows += [_way(way, way.name) for way in ways[len(value.always) :]]
    if value.policy is not None:
        rows.append(_way(value.policy, "the policy"))
    parts: list[Any] = [
        (f"{value.table}: {plural(value.rows, 'request')}, {plural(len(value.always), 'model')}", "bold"), "",
        Table(("choice", "requests", "mean score", "cost", "models"), rows, right=frozenset({1, 2, 3})),
    ]  # fmt: skip
    if value.refused:
        parts.append(f"the policy refused {plural(value.refused, 'request')}")
    if value.unrecorded:
        said = listing(f"{name} {count:,} times" for name, count in value.unrecorded.items())
        parts.append((f"chosen, but without a recorded result: {said}", "yellow"))
    return parts


def _way(way: Chosen, name: str) -> list[Cell]:
    models = listing(f"{model} {count:,}" for model, count in way.models.items()) if len(way.models) > 1 else ""
    cost = "-" if way.cost is None else f"${way.cost / 10**12:.4f}"
    return [name, f"{way.requests:,}", f"{100 * way.score:.2f} %", cost, models]
