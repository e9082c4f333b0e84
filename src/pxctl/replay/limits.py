"""`--fail-on`: thresholds that turn a plan into a gate.

`cost:+5%` (total cost, relative), `latency:+10%` (mean expected latency, relative), `refused:+0.1%` (share of refused
requests, in points), `changed:1%` (share of changed decisions), `tenants:20` (how many tenants), `residency` (any
request that may now reach a region which it could not reach before), and `decisions` (anything short of the proof that
no decision changes, for any request; needs no traffic).
"""

from __future__ import annotations

import re

from pxctl.core.errors import UsageError
from pxctl.model.impact import Limit, TrafficImpact
from pxctl.model.proof import DecisionDifference

PROVED = "decisions"
_FORM = re.compile(r"(cost|latency|refused|changed):\+?([0-9]+(?:\.[0-9]+)?)%|tenants:\+?([0-9]+)|residency|decisions")


def check_form(text: str) -> None:
    """Raise UsageError for a threshold that means nothing."""
    if not _FORM.fullmatch(text):
        raise UsageError(
            f"`{text}` is no threshold",
            hint="cost:+5%, latency:+10%, refused:+0.1%, changed:1%, tenants:20, residency or decisions",
        )


def measure_proof(text: str, proof: DecisionDifference) -> Limit:
    """Hold `decisions` against the proof."""
    pairs = max(proof.pairs, len(proof.changes))
    said = "proved" if proof.unchanged else f"{pairs} pairs of routes differ" if pairs else "not proved"
    return Limit(text=text, measured=said, ok=proof.unchanged)


def measure(text: str, impact: TrafficImpact) -> Limit:
    """Hold one threshold against what the traffic showed. Raises UsageError."""
    check_form(text)
    if text == PROVED:
        raise UsageError("`decisions` is held against the proof, not against traffic")
    found = _FORM.fullmatch(text)
    assert found is not None  # noqa: S101 - check_form has just looked
    if text == "residency":
        return Limit(text=text, measured=f"{impact.region_widened:,} requests reach a new region",
                     ok=impact.region_widened == 0)  # fmt: skip
    if found[3]:
        return Limit(text=text, measured=f"{len(impact.tenants):,} tenants", ok=len(impact.tenants) <= int(found[3]))
    name, most = found[1], float(found[2]) / 100
    before, after = impact.before, impact.after
    if name == "cost":
        return _relative(text, before.cost, after.cost, most)
    if name == "latency":
        return _relative(text, before.mean_latency or 0.0, after.mean_latency or 0.0, most)
    rows = impact.rows or 1
    if name == "refused":
        gone = (after.refused + after.unjudged - before.refused - before.unjudged) / rows
        return Limit(text=text, measured=f"{100 * gone:+.2f} points", ok=gone <= most)
    return Limit(text=text, measured=f"{100 * impact.changed / rows:.2f} %", ok=impact.changed / rows <= most)


def _relative(text: str, before: float, after: float, most: float) -> Limit:
    if not before:
        return Limit(text=text, measured="from nothing" if after else "nothing on either side", ok=not after)
    grown = (after - before) / before
    return Limit(text=text, measured=f"{100 * grown:+.2f} %", ok=grown <= most)
