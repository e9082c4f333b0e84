"""All candidates of a route for one region's requests are in that region, and a fallback is elsewhere.

Why: when the candidates fail, the data leaves the region; a constraint would have kept it.

Example:
    - name: european
      match: {region: [eu]}
      candidates: [azure-eu/gpt-4.1]
      fallbacks: [azure-us/gpt-4.1]

Fix: add `constraints: {regions: [eu]}`, or name a fallback in the region; if leaving is meant, keep it with an ignore
comment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.candidate import candidate_text
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0512"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        if route.match.region is None or route.constraints.regions is not None:
            continue
        home = {d.region for d in view.expand_all([candidate_text(item) for item in route.candidates])}
        if not home or not home <= set(route.match.region):
            continue
        for i, text in enumerate(route.fallbacks):
            away = sorted({d.region for d in view.expand(text)} - set(route.match.region))
            if away:
                message = f"`{text}` answers in {', '.join(away)}, every candidate in {', '.join(sorted(home))}"
                yield Hit(
                    message, ("routes", r, "fallbacks", i), "constrain the route's regions, or name another fallback"
                )
