"""A change plan's page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from pxctl.model.impact import ChangePlan, TrafficImpact
from pxctl.report.amounts import change, money
from pxctl.report.html.parts import cards, panel, shares, table
from pxctl.report.html.style import document
from pxctl.report.plan import (
    classes,
    meant,
    moves_table,
    place,
    proof_table,
    proof_words,
    sums,
    tenants_table,
    title,
    verdict,
)
from pxctl.report.text import Cell, Table, percent


def plan_html(plan: ChangePlan) -> str:
    """The whole plan on one self-contained page."""
    return document(f"plan {title(plan)}", "\n".join(_parts(plan)))


def _parts(plan: ChangePlan) -> Iterator[str]:
    yield f"<h1>Plan {escape(title(plan))}</h1><p>{escape(verdict(plan))}</p>"
    yield cards(_figures(plan))
    for warning in plan.warnings:
        yield f'<p><span class="tag warn">{escape(warning)}</span></p>'
    if plan.limits:
        yield "<p>" + " ".join(
            f'<span class="tag {"good" if x.ok else "bad"}">{escape(x.text)}: {escape(x.measured)}</span>'
            for x in plan.limits
        ) + "</p>"  # fmt: skip
    if plan.proof is not None:
        kind = "good" if plan.proved else "warn"
        body = f'<p><span class="tag {kind}">{escape(proof_words(plan))}</span></p>'
        if plan.proof.changes:
            body += table(proof_table(plan.proof, 100), codes=(0, 1, 6))
        yield panel("all requests", body + "".join(f"<p>{escape(text)}</p>" for text in plan.proof.limits))
    if plan.meaning:
        rows: list[list[Cell]] = [[c.what, c.kind, place(c), meant(c)] for c in plan.meaning[:500]]
        yield panel("what changes in meaning", table(Table(("", "file", "what", "before → after"), rows), codes=(2, 3)))
    if plan.traffic is not None:
        yield from _traffic(plan.traffic)


def _figures(plan: ChangePlan) -> Iterator[tuple[str, str]]:
    yield "changes in meaning", f"{len(plan.meaning):,}"
    if plan.proof is not None and plan.proof.kinds_changed:
        share = percent(plan.proof.kinds_changed, plan.proof.kinds)
        yield "of all kinds of requests change", f"{'' if plan.proof.counted else '≥ '}{share}"
    impact = plan.traffic
    if impact is None:
        return
    yield f"decisions change, of {impact.rows:,}", f"{impact.changed:,}"
    yield "of the traffic", percent(impact.changed, impact.rows)
    yield "tenants reached", f"{len(impact.tenants):,}"
    yield (
        f"cost, {money(impact.before.cost)} to {money(impact.after.cost)}",
        change(impact.before.cost, impact.after.cost),
    )
    yield "newly refused", f"{impact.newly_refused:,}"
    yield "may reach a new region", f"{impact.region_widened:,}"


def _traffic(impact: TrafficImpact) -> Iterator[str]:
    both = Table(("", "before", "after", "difference"), sums(impact),
                 right=frozenset({1, 2, 3}))  # fmt: skip
    yield '<div class="two">'
    yield panel(f"{impact.trace}, seed {impact.seed}", table(both, codes=()))
    if impact.changed:
        kinds = Table(("of the changed decisions", "", ""), classes(impact), right=frozenset({1, 2}))
        yield panel("how they change", table(kinds, codes=()))
        yield panel("by the route before", shares(impact.routes, {}, impact.changed))
        yield panel("tenants reached", table(tenants_table(impact, 12)))
    yield "</div>"
    if not impact.changed:
        return
    yield panel("who moves from where to where", table(moves_table(impact, 40), codes=(0, 1)))
    yield panel("examples", "".join(_examples(impact)))


def _examples(impact: TrafficImpact) -> Iterator[str]:
    for example in impact.examples:
        asked = ", ".join(f"{k}: {v}" for k, v in example.context.items() if k != "request_key")
        yield f'<p class="soft"><code>{escape(asked)}</code></p>'
        for word, kind, side in (("before", "x", example.before), ("after", "ok", example.after)):
            boxes = "→".join(
                f"<code{f' class={kind}' if i == 0 else ''}>{escape(name)}</code>"
                for i, name in enumerate((side["primary"], *side["fallbacks"]))
            )
            yield f'<p><span class="chain">{word} {boxes} {money(side["cost"])}</span></p>'
