"""A gate lacks what it needs to judge: a metric gate without metric, query or success; a scenarios gate without
scenarios.

Why: no samples is inconclusive, so the rollout pauses forever.

Example:
    gates: [{kind: metric, source: prometheus, success: "<= 0.01"}]      # and no query

Fix: add the missing field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.refs import gates
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.project import Gate

CODE = "PX0621"
FAMILY = "governance"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for path, gate in gates(view.config.project):
        missing = list(_missing(gate))
        if missing:
            yield Hit(f"this {gate.kind} gate lacks {' and '.join(missing)}", path, "add it")


def _missing(gate: Gate) -> Iterator[str]:
    if gate.kind == "scenarios" and not gate.scenarios:
        yield "`scenarios`"
    if gate.kind != "metric":
        return
    if gate.success is None:
        yield "`success`"
    needs = {"signals": "metric", "prometheus": "query", "file": "file"}
    if gate.source is None:
        yield "`source`"
    elif getattr(gate, needs[gate.source]) is None:
        yield f"`{needs[gate.source]}`"
