"""A change plan for people: what changes in meaning, in decisions, in money and in place."""

from __future__ import annotations

from typing import Any

from pxctl.model.impact import ChangePlan, MeaningChange, TrafficImpact
from pxctl.model.proof import DecisionChange, DecisionDifference
from pxctl.report.amounts import change, milliseconds, money, signed_money
from pxctl.report.text import Cell, Table, percent, plural

MOST = 15
_MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow"), "reordered": ("↕", "yellow")}


def plan_text(plan: ChangePlan) -> list[Any]:
    """The plan, from the verdict to the examples."""
    parts: list[Any] = [(f"plan {title(plan)}", "bold"), verdict(plan)]
    parts += [(f"warning: {warning}", "yellow") for warning in plan.warnings]
    if plan.limits:
        limits: list[tuple[Cell, ...]] = [
            (("kept", "green") if x.ok else ("exceeded", "bold red"), x.text, x.measured) for x in plan.limits
        ]
        parts += ["", Table(("threshold", "", "measured"), limits)]
    if plan.meaning:
        rows: list[tuple[Cell, ...]] = [(_MARKS[c.what], c.kind, place(c), meant(c)) for c in plan.meaning[:60]]
        if len(plan.meaning) > 60:
            rows.append(("", "", (f"... and {len(plan.meaning) - 60:,} more", "dim"), ""))
        parts += ["", Table(("", "file", "what", "before → after"), rows)]
    if plan.proof is not None and not plan.proved:  # a proof stands in the verdict
        parts += proof_parts(plan)
    if plan.traffic is not None:
        parts += traffic_parts(plan.traffic)
    return parts


def title(plan: ChangePlan) -> str:
    """Which two trees."""
    sides = [
        f"{name} ({commit[:12]})" if commit and not commit.startswith(name) else name[:40]
        for name, commit in ((plan.base, plan.base_commit), (plan.head, plan.head_commit))
    ]
    return " → ".join(sides)


def verdict(plan: ChangePlan) -> str:
    """One sentence."""
    said = plural(len(plan.meaning), "change") + " in meaning"
    impact = plan.traffic
    if impact is not None:
        said += f"; {impact.changed:,} of {impact.rows:,} decisions change ({percent(impact.changed, impact.rows)})"
        if impact.changed:
            said += f", reaching {plural(len(impact.tenants), 'tenant')}"
            said += f"; cost {change(impact.before.cost, impact.after.cost)}"
    if plan.proved:
        said += f"; proved: no decision changes, for any request{_of_whom(plan)}"
    return said


def place(item: MeaningChange) -> str:
    """Where the change is."""
    return f"{item.id}: {item.path}" if item.path else item.id


def meant(item: MeaningChange) -> str:
    """Before and after, or which of them there is."""
    if item.before is not None and item.after is not None:
        return f"{item.before} → {item.after}"
    return item.after or item.before or item.what


def traffic_parts(impact: TrafficImpact) -> list[Any]:
    """What the trace shows."""
    parts: list[Any] = ["", Table((f"{impact.trace}, seed {impact.seed}", "before", "after", "difference"),
                                  sums(impact), right=frozenset({1, 2, 3}))]  # fmt: skip
    if not impact.changed:
        return parts
    parts += ["", Table(("of the changed decisions", "", ""), classes(impact), right=frozenset({1, 2}))]
    parts += ["", moves_table(impact, MOST)]
    parts += ["", tenants_table(impact, 8)]
    parts += ["", *example_lines(impact, 3)]
    return parts


def sums(impact: TrafficImpact) -> list[list[Cell]]:
    """Both sides' sums, and their difference."""
    b, a = impact.before, impact.after
    rows: list[list[Cell]] = [["served", f"{b.served:,}", f"{a.served:,}", f"{a.served - b.served:+,}"]]
    gone = (a.refused - b.refused) / (impact.rows or 1)
    rows.append(["refused", f"{b.refused:,}", f"{a.refused:,}", f"{100 * gone:+.2f} points"])
    if a.unjudged or b.unjudged:
        rows.append(["not judged", f"{b.unjudged:,}", f"{a.unjudged:,}", f"{a.unjudged - b.unjudged:+,}"])
    delta = f"{signed_money(a.cost - b.cost)} ({change(b.cost, a.cost)})"
    rows.append(["cost", money(b.cost), money(a.cost), delta])
    if b.mean_latency is not None and a.mean_latency is not None:
        rows.append(["mean expected p95", milliseconds(round(b.mean_latency)), milliseconds(round(a.mean_latency)),
                     change(b.mean_latency, a.mean_latency)])  # fmt: skip
    return rows


def classes(impact: TrafficImpact) -> list[tuple[Cell, Cell, Cell]]:
    """How many changed in which way; what did not occur is left out."""
    named = {
        "go to another deployment": impact.primary_changed - impact.newly_refused - impact.newly_served,
        "keep the primary, other fallbacks": impact.fallbacks_changed,
        "keep the chain, other cost": impact.cost_changed,
        "newly refused": impact.newly_refused,
        "newly served": impact.newly_served,
        "go to another region": impact.region_changed,
        "may reach a region they could not": impact.region_widened,
    }
    rows: list[tuple[Cell, Cell, Cell]] = [(k, f"{n:,}", percent(n, impact.changed)) for k, n in named.items() if n]
    rows += [(f"  {pair.replace('->', '→')}", f"{n:,}", percent(n, impact.changed)) for pair, n in
             list(impact.regions.items())[:5]]  # fmt: skip
    return rows


def moves_table(impact: TrafficImpact, most: int) -> Table:
    """Who moved from where to where."""
    rows: list[list[Cell]] = [
        [m.before, m.after if m.after != m.before else "(same)", f"{m.requests:,}", f"{m.tenants:,}",
         money(m.cost_before), money(m.cost_after), change(m.cost_before, m.cost_after)]
        for m in impact.moves[:most]
    ]  # fmt: skip
    if len(impact.moves) > most:
        rows.append([(f"... and {len(impact.moves) - most:,} more", "dim"), "", "", "", "", "", ""])
    headers = ("from", "to", "requests", "tenants", "cost before", "after", "")
    return Table(headers, rows, right=frozenset({2, 3, 4, 5, 6}))


def tenants_table(impact: TrafficImpact, most: int) -> Table:
    """Which tenants are reached."""
    rows: list[list[Cell]] = [[name, f"{n:,}"] for name, n in list(impact.tenants.items())[:most]]
    if len(impact.tenants) > most:
        rows.append([(f"... and {len(impact.tenants) - most:,} more", "dim"), ""])
    return Table(("tenant", "changed decisions"), rows, right=frozenset({1}))


def example_lines(impact: TrafficImpact, most: int) -> list[str]:
    """Concrete requests, each in three lines."""
    lines = []
    for example in impact.examples[:most]:
        asked = ", ".join(f"{k} {_value(v)}" for k, v in example.context.items() if k != "request_key")
        lines.append(f"for example row {example.row}: {asked}")
        for word, side in (("before", example.before), ("after ", example.after)):
            chain = " then ".join([side["primary"], *side["fallbacks"]])
            route = f" by {side['policy']}/{side['route']}" if side["route"] else ""
            lines.append(f"  {word} {chain}{route}, {money(side['cost'])}")
    return lines


def _value(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def proof_parts(plan: ChangePlan) -> list[Any]:
    """What is proved of every possible request."""
    assert plan.proof is not None  # noqa: S101 - asked for only where there is one
    parts: list[Any] = ["", (proof_words(plan), "yellow")]
    if plan.proof.changes:
        parts.append(proof_table(plan.proof, MOST))
    parts += [f"not looked at whole: {limit}" for limit in plan.proof.limits]
    return parts


def proof_words(plan: ChangePlan) -> str:
    """The verdict over all requests."""
    assert plan.proof is not None  # noqa: S101 - asked for only where there is one
    if plan.proved:
        return f"proved: no decision changes, for any request{_of_whom(plan)}, whatever the signals"
    certain = sum(change.certain for change in plan.proof.changes)
    rest = len(plan.proof.changes) - certain
    more = plan.proof.pairs - len(plan.proof.changes)
    each = ", with a request" if certain == 1 else ", each with a request"
    shown = each if all(c.example is not None for c in plan.proof.changes if c.certain) else ""
    said = [f"decisions change for {plural(certain, 'pair')} of routes{shown}"] if certain else []
    said += [f"{plural(rest, 'pair')} of routes differ, and nothing was shown"] if rest else []
    said += [f"{plural(more, 'more pair')} of routes differ, counted alone"] if more else []
    said += [kinds_words(plan.proof)] if plan.proof.kinds_changed else []
    said += ["not everything could be looked at"] if plan.proof.limits else []
    return "of all requests: " + "; ".join(said)


def _of_whom(plan: ChangePlan) -> str:
    added = 0 if plan.proof is None else len(plan.proof.tenants_added)
    return f" of the tenants that were there before ({added:,} {'is' if added == 1 else 'are'} new)" if added else ""


def kinds_words(proof: DecisionDifference) -> str:
    """How many kinds of requests change, of how many."""
    least = "" if proof.counted else "at least "
    share = percent(proof.kinds_changed, proof.kinds)
    return f"{least}{proof.kinds_changed:,} of {plural(proof.kinds, 'kind')} of requests ({share})"


def proof_table(proof: DecisionDifference, most: int) -> Table:
    """Which routes' decisions change, for how many kinds of requests, with one request each."""
    least = "" if proof.counted else "at least "
    rows: list[list[Cell]] = [
        [f"{c.policy}: {c.route_before or '-'}", c.route_after or "-", f"{c.tenants:,}",
         f"{least}{c.kinds:,}" if c.kinds else "", percent(c.kinds, proof.kinds) if c.kinds else "",
         _what(c), _request(c)]
        for c in proof.changes[:most]
    ]  # fmt: skip
    if proof.pairs > most:
        rows.append([(f"... and {proof.pairs - most:,} more", "dim"), "", "", "", "", "", ""])
    headers = ("route before", "after", "tenants", "kinds of requests", "share", "what changes", "for example")
    return Table(headers, rows, right=frozenset({2, 3, 4}))


def _what(change: DecisionChange) -> str:
    if not change.certain:
        return f"maybe: {change.message}"
    return f"{change.when}: {change.message}" if change.when else change.message


def _request(change: DecisionChange) -> str:
    if change.example is None:
        return ""
    given = change.example.model_dump(exclude_defaults=True, exclude={"trace_id", "request_key"})
    said = [f"{name} {_value(value)}" for name, value in given.items()]
    if change.example.trace_id and not change.example.trace_id.endswith("-0"):
        said.append(f"trace_id {change.example.trace_id}")
    return ", ".join(said)
