"""A route allows a latency above the longest SLA that it takes, or takes requests whose SLA is below what it allows
anybody.

Why: the SLA of the request wins, so the constraint promises something that is never used.

Example:
    match: {sla_ms: {max: 1500}}
    constraints: {max_latency_ms: 5000}

Fix: make the two agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0526"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        sla, bound = route.match.sla_ms, route.constraints.max_latency_ms
        if sla is not None and sla.max is not None and bound is not None and bound > sla.max:
            message = f"max_latency_ms is {bound}, and every request here has an SLA of at most {sla.max} ms"
            yield Hit(message, ("routes", r, "constraints", "max_latency_ms"), f"write {sla.max} or less")
