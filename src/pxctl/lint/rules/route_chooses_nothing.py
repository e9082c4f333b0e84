"""A route can never choose anything: every candidate and every fallback is excluded for every request, so its
constraints contradict one another or its deployments.

Why: each request that it takes is refused with `no_candidate`, and no later route gets it.

Example:
    - name: eu-only
      match: {}
      constraints: {regions: [eu]}
      candidates: [azure-us/gpt-4.1]        # has no endpoint in eu

Fix: relax the constraint, or name a deployment that satisfies it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.eligible import why_never
from pxctl.lint.view import View, route_references
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0505"
FAMILY = "routes"
SEVERITY = Severity.ERROR
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    reached = view.reach(policy)
    for r, route in enumerate(policy.routes):
        box = reached.boxes[r]
        if box.empty:
            continue
        reasons: list[tuple[str, str | None]] = []
        for reference in route_references(route, ("routes", r)):
            fallback = reference.role == "fallback"
            for deployment in view.expand(reference.text):
                reasons.append((deployment.id, why_never(view, deployment, reached, r, route.constraints, fallback)))
        if reasons and all(reason for _id, reason in reasons):
            first = f"{reasons[0][0]}: {reasons[0][1]}"
            message = f"route `{route.name}` refuses every request: {first}"
            if len(reasons) > 1:
                message += f" (and so on for all {len(reasons)})"
            yield Hit(message, ("routes", r, "name"), "relax what excludes them, or name other deployments")
