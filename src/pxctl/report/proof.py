"""A proof for people: what holds, what is broken and by which request, and what is noteworthy."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
from typing import Any

from pxctl.model.context import Context
from pxctl.model.decision import usd
from pxctl.model.proof import ChainLeft, Counterexample, GuaranteeResult, ProofReport
from pxctl.report.text import Cell, Table, listing, one_line, plural

_WORDS = {
    "holds": ("holds", "green"), "broken": ("broken", "bold red"), "undecided": ("undecided", "bold yellow"),
    "vacuous": ("nothing meant", "yellow"),
}  # fmt: skip
_KINDS = {"dead_route": "dead route", "no_route": "no route", "can_refuse": "can refuse"}
MOST = 50
"""How many rows of one kind are printed; JSON has all."""
_PLAIN = Context.model_construct(tenant="", privacy="", trace_id="").model_dump()


def proof_text(report: ProofReport) -> list[Any]:
    """The whole report: guarantees, counterexamples, findings, outages, what was assumed."""
    parts: list[Any] = []
    if report.guarantees:
        rows = [(_WORDS[g.status], g.name, g.claim, ", ".join(g.policies)) for g in report.guarantees]
        parts += [Table(("", "guarantee", "claim", "policies"), rows)]
    else:
        parts += [("no guarantees: write what must never happen into guarantees.yaml", "yellow")]
    for result in report.guarantees:
        parts += _why(result)
    if report.findings:
        found = [(_KINDS[f.kind], f.route or f.policy, f.where or "", f.message) for f in report.findings]
        parts += ["", _cut(("", "route", "where", "noteworthy"), found)]
        such = [f"  {f.route or f.policy}, such as: {request_line(f.example)}" for f in report.findings if f.example]
        parts += such[:MOST]
    if report.outages:
        down = [(" + ".join(o.down), f"{o.policy}: {o.route}", o.where or "") for o in report.outages]
        parts += ["", _cut(("if these providers fail", "some requests lose every deployment of", "where"), down)]
    parts += _chains(report)
    parts += [(f"too large: {text}", "yellow") for text in report.limits]
    parts += [(f"policy `{name}`: no tenant has it, nothing can be said of it", "yellow") for name in report.unused]
    broken = sum(g.status == "broken" for g in report.guarantees)
    open_ = sum(g.status == "undecided" for g in report.guarantees)
    summary = f"{plural(len(report.guarantees), 'guarantee')}, {broken} broken, {open_} undecided"
    parts += ["", (summary, "bold red" if report.failed else "bold green")]
    parts += [(f"assumed: {text}", "dim") for text in report.assumptions]
    return parts


def request_line(context: Context, *, keyed: bool = False) -> str:
    """The fields of a request that are not the default, as options of `pxctl route`, quoted for a shell.

    `keyed`: the trace id too, which decides the arm of an experiment.
    """
    hidden = ("request_key",) if keyed else ("request_key", "trace_id")
    parts = []
    for name, value in context.model_dump(mode="json").items():
        if value == _PLAIN[name] or value in (None, [], "") or name in hidden:
            continue
        option = {"task_tags": "task-tag", "features": "feature"}.get(name, name.replace("_", "-"))
        for item in value if isinstance(value, list) else [value]:
            text = str(item)
            parts.append(f"--{option}{'=' if text.startswith('-') else ' '}{quote(one_line(text))}")
    return " ".join(parts)


def _why(result: GuaranteeResult) -> list[Any]:
    if result.status == "holds":
        return []
    parts: list[Any] = ["", (f"{result.name}: {result.message}", "bold")]
    shown = result.counterexample
    return parts if shown is None else [*parts, *_counterexample(shown)]


def _counterexample(shown: Counterexample) -> list[Any]:
    decision = shown.decision
    rows = [
        ("request", f"pxctl route {request_line(shown.context, keyed=shown.arm is not None)}"),
        ("decision", str(decision.primary or f"refused, {decision.refusal}")),
        ("fallbacks", ", ".join(decision.fallbacks) or "none"),
        ("cost", "" if decision.cost is None else f"${usd(decision.cost)}"),
        ("route", f"{shown.route or 'none'} of {shown.policy}" + (f", arm {shown.arm}" if shown.arm else "")),
        ("where", shown.where or ""),
    ]
    if shown.down:
        rows.append(("when these fail", listing(shown.down)))
    return [Table(("", ""), [row for row in rows if row[1]])]


def _chains(report: ProofReport) -> list[Any]:
    """For each route the outage of one provider that leaves the fewest deployments; JSON has every outage."""
    worst: dict[tuple[str, str], ChainLeft] = {}
    for chain in report.chains:
        key = chain.policy, chain.route
        if chain.left and (key not in worst or len(chain.left) < len(worst[key].left)):
            worst[key] = chain
    rows = []
    for chain in worst.values():
        cost = "no bound" if chain.worst_cost is None else f"${usd(chain.worst_cost)}"
        latency = "" if chain.worst_latency_ms is None else f"{chain.worst_latency_ms:,} ms"
        rows.append((f"{chain.policy}: {chain.route}", chain.down, listing(chain.left, 2), cost, latency))
    if not rows:
        return []
    headers = ("route", "at worst without", "left", "worst cost", "worst latency")
    return ["", _cut(headers, rows, frozenset({3, 4}))]


def _cut(headers: tuple[str, ...], rows: Sequence[Sequence[Cell]], right: frozenset[int] = frozenset()) -> Table:
    """The first rows, and how many more there are."""
    shown = list(rows[:MOST])
    if len(rows) > MOST:
        shown.append((("... and", "dim"), (f"{len(rows) - MOST:,} more, in --format json", "dim")))
    return Table(headers, shown, right=right)
