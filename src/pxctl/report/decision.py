"""One decision for people: where the request goes, and why not elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pxctl.model.context import Context
from pxctl.model.decision import Considered, Decision, Refusal, usd
from pxctl.model.record import DecisionRecord, Reexecution
from pxctl.report.text import Cell, Table

_REFUSED = {
    Refusal.PRIVACY_CEILING: "the request's privacy level is above what this tenant's requests may carry",
    Refusal.NO_ROUTE: "no route of the policy matches this request",
    Refusal.NO_CANDIDATE: "a route matches, but none of its candidates or fallbacks may serve this request",
}
_BASIS = {
    "quote": "the vendor's current quote",
    "file": "the price in the provider's file",
    "ceiling": "no price is known: the highest of this modality is assumed",
}


def decision_text(record: DecisionRecord) -> list[Any]:
    """The decision in a few lines."""
    return [*_outcome(record.decision), *_assumed(record)]


def decision_explained(record: DecisionRecord) -> list[Any]:
    """The decision step by step: the request, the policy, the route, every deployment considered, the outcome."""
    decision = record.decision
    parts: list[Any] = [f"request   {_request(record.context)}", f"policy    {_policy(record)}"]
    if decision.safe_mode:
        parts.append(("safe mode is on for this tenant: only allow-listed deployments may be chosen", "yellow"))
    if decision.route is not None:
        arm = f", experiment `{decision.experiment}`, arm `{decision.arm}`" if decision.experiment else ""
        parts.append(f"route     {decision.route}, the first whose match holds{arm}; ranked by `{decision.strategy}`")
    if decision.candidates:
        parts += ["", _table("candidates, as listed", decision, decision.candidates, record.why)]
    if decision.listed_fallbacks:
        parts += ["", _table("listed fallbacks", decision, decision.listed_fallbacks, record.why_fallbacks)]
    return [*parts, "", *_outcome(decision), *_assumed(record)]


def reexecution_text(value: Reexecution) -> list[Any]:
    """Whether a recorded decision came out the same."""
    at = f"commit {value.source[:12]}" if value.source else "the work tree"
    if value.identical:
        return [(f"identical: {at} decides {value.now.primary or value.now.refusal} again, to the last field", "green")]
    rows = [(d.field, _short(d.recorded), _short(d.now)) for d in value.differences]
    return [(f"different at {at}", "bold red"), Table(("field", "recorded", "now"), rows)]


def _short(value: Any, most: int = 60) -> str:
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _outcome(decision: Decision) -> list[Any]:
    if decision.refusal is not None:
        return [(f"refused   {decision.refusal}: {_REFUSED[decision.refusal]}", "bold red")]
    parts: list[Any] = [(f"primary   {decision.primary}", "bold green")]
    if decision.from_fallbacks:
        parts.append(("          no candidate is left; this is a listed fallback", "yellow"))
    if decision.degraded:
        parts.append(("          degraded: its health is only last known, not fresh", "yellow"))
    parts.append(f"fallbacks {', '.join(decision.fallbacks) or 'none'}")
    if decision.cost is not None and decision.cost_basis is not None:
        parts.append(f"cost      ${usd(decision.cost)} ({_BASIS[decision.cost_basis]})")
    parts.append(f"route     {decision.route} of policy {decision.policy}")
    return parts


def _assumed(record: DecisionRecord) -> list[Any]:
    return [(f"assumed   {text}", "dim") for text in record.assumed]


def _policy(record: DecisionRecord) -> str:
    decision = record.decision
    version = f" {decision.policy_version}" if decision.policy_version else ""
    if record.live and decision.source:
        return f"{decision.policy}{version}, live in {record.environment} (release {decision.source[:12]})"
    at = f"commit {decision.source[:12]}" if decision.source else "the work tree"
    there = f", environment {record.environment}" if record.environment else ""
    return f"{decision.policy}{version} of {at}{there}"


def _request(context: Context) -> str:
    parts = [f"tenant {context.tenant}", context.privacy, context.modality, f"task {context.task_type}"]
    parts += [f"tags {'+'.join(context.task_tags)}"] if context.task_tags else []
    parts += [f"language {context.language}"] if context.language != "und" else []
    parts += [f"risk {context.risk_level}"] if context.risk_level != "low" else []
    parts += [f"region {context.region}"] if context.region else []
    parts += [f"needs {'+'.join(context.features)}"] if context.features else []
    cached = f" ({context.cached_input_tokens:,} cached)" if context.cached_input_tokens else ""
    parts.append(f"{context.input_tokens:,}{cached} tokens in, {context.output_tokens:,} out")
    parts += [f"budget ${context.budget_usd}"] if context.budget_usd is not None else []
    parts += [f"SLA {context.sla_ms} ms"] if context.sla_ms is not None else []
    return ", ".join(parts)


def _table(title: str, decision: Decision, entries: Sequence[Considered], why: Sequence[str]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for entry, sentence in zip(entries, why or [""] * len(entries), strict=True):
        cost = "" if entry.cost is None else f"${usd(entry.cost)}"
        rows.append((_verdict(decision, entry), entry.deployment, cost, sentence))
    return Table(("", title, "cost", "why"), rows, right=frozenset({2}))


def _verdict(decision: Decision, entry: Considered) -> Cell:
    if entry.deployment == decision.primary and entry.kept:
        return ("primary", "bold green")
    if entry.kept and entry.deployment in decision.fallbacks:
        return (f"fallback {decision.fallbacks.index(entry.deployment) + 1}", "green")
    return ("kept", "dim") if entry.kept else (f"✗ {entry.reason}", "red")
