"""A candidate can never be chosen in its route: no request of the route can go to it, whatever the signals say.

Why: the route has fewer candidates than it seems, and an outage of the others takes it down.

Example:
    - name: vision
      match: {modality: [vision]}
      candidates: [azure-eu/gpt-4.1, ollama-local/llama3.2]      # llama3.2 takes no images

Fix: remove the candidate, or change what excludes it.
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

CODE = "PX0504"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    reached = view.reach(policy)
    for r, route in enumerate(policy.routes):
        box = reached.boxes[r]
        if box.empty:
            continue
        references = [ref for ref in route_references(route, ("routes", r)) if ref.role in ("candidate", "arm")]
        found = []
        for reference in references:
            reasons = [why_never(view, d, reached, r, route.constraints) for d in view.expand(reference.text)]
            if reasons and all(reasons):
                found.append((reference, reasons[0]))
        if len([f for f in found if f[0].role == "candidate"]) == len(route.candidates):
            continue  # nothing is left: that is a finding of its own
        for reference, reason in found:
            yield Hit(f"`{reference.text}` is never chosen here: {reason}", reference.path, "remove it, or change that")
