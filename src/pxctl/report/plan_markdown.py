"""A change plan as a pull request comment: the verdict open, the detail folded, never longer than GitHub takes."""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.model.impact import ChangePlan
from pxctl.report.amounts import money
from pxctl.report.markup import code, fold, plain, table
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
from pxctl.report.text import Cell, Table

LONGEST = 65_000
"""GitHub accepts comments of 65,536 characters; this leaves room for what a workflow adds."""
MARKER = "<!-- pxctl plan -->"
"""First line of the comment, by which a workflow finds and updates its own."""
_CUT = "\n*The rest is cut to fit a comment; `pxctl plan` prints all of it.*\n"


def plan_markdown(plan: ChangePlan, longest: int = LONGEST) -> str:
    """The comment; whole parts are left out from the end where it would be longer than `longest` characters."""
    text = f"{MARKER}\n"
    for part in _parts(plan):
        if len(text) + len(part) + 1 > longest - len(_CUT):
            return text + _CUT
        text += part + "\n"
    return text


def _parts(plan: ChangePlan) -> Iterator[str]:
    sign = "❌" if not plan.ok else "✅" if not plan.changes else "🔀"
    yield f"### {sign} pxctl plan\n\n{plain(title(plan))}\n\n**{plain(verdict(plan))}**\n"
    for warning in plan.warnings:
        yield f"> ⚠️ {plain(warning)}\n"
    if plan.limits:
        limits: list[list[Cell]] = [["✅" if x.ok else "❌", x.text, x.measured] for x in plan.limits]
        yield table(Table(("", "threshold", "measured"), limits), codes=(1,))
    impact = plan.traffic
    if impact is not None and impact.changed:
        yield table(Table((impact.trace, "before", "after", "difference"), sums(impact), right=frozenset({1, 2, 3})))
        yield table(Table(("of the changed decisions", "", ""), classes(impact), right=frozenset({1, 2})))
    if plan.proof is not None:
        yield from _proof(plan)
    if plan.meaning:
        rows: list[list[Cell]] = [[c.what, c.kind, place(c), meant(c)] for c in plan.meaning]
        for number, chunk in enumerate(_chunks(rows, 100)):
            body = table(Table(("", "file", "what", "before → after"), chunk), codes=(2, 3))
            yield fold(f"{len(rows)} changes in meaning" + (f", part {number + 1}" if number else ""), body)
    if impact is None or not impact.changed:
        return
    yield fold(f"who moves from where to where ({len(impact.moves)})", table(moves_table(impact, 50), codes=(0, 1)))
    yield fold(f"tenants reached ({len(impact.tenants)})", table(tenants_table(impact, 100), codes=(0,)))
    yield fold("examples", "\n".join(_examples(plan)))


def _proof(plan: ChangePlan) -> Iterator[str]:
    assert plan.proof is not None  # noqa: S101 - asked for only where there is one
    words = proof_words(plan)
    said = f"{'🟢' if plan.proved else '🔶'} {plain(words[:1].upper() + words[1:])}.\n"
    yield said + "".join(f"\n> ⚠️ not looked at whole: {plain(limit)}\n" for limit in plan.proof.limits)
    if plan.proof.changes:
        body = table(proof_table(plan.proof, 50), codes=(0, 1, 6))
        yield fold(f"routes whose decisions change ({plan.proof.pairs:,})", body)


def _examples(plan: ChangePlan) -> Iterator[str]:
    assert plan.traffic is not None  # noqa: S101 - asked for only where there is some
    for example in plan.traffic.examples:
        asked = ", ".join(f"{k}: {v}" for k, v in example.context.items() if k != "request_key")
        yield f"- {code(asked)}"
        for word, side in (("before", example.before), ("after", example.after)):
            chain = " → ".join(code(name) for name in (side["primary"], *side["fallbacks"]))
            route = f" by {code(str(side['policy']) + '/' + str(side['route']))}" if side["route"] else ""
            yield f"  - {word}: {chain}{route}, {money(side['cost'])}"


def _chunks(rows: list[list[Cell]], size: int) -> Iterator[list[list[Cell]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
