"""A fallback means only deployments that are already candidates of the route, or that an earlier fallback means.

Why: it adds nothing: what has failed as a candidate is not tried again.

Example:
    candidates: [openai-main/gpt-4.1]
    fallbacks: [openai-main/gpt-4.1, azure-us/gpt-4.1]

Fix: remove it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Change, Hit
from pxctl.lint.view import View
from pxctl.model.candidate import candidate_text
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0507"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"
FIXABLE = True


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        seen = {d.id for candidate in route.candidates for d in view.expand(candidate_text(candidate))}
        constrained = route.constraints.min_health is not None or route.constraints.max_latency_ms is not None
        inert: set[str] = set() if constrained else set(seen)
        for i, text in enumerate(route.fallbacks):
            ids = {d.id for d in view.expand(text)}
            if ids and ids <= seen:
                at = ("routes", r, "fallbacks", i)
                change = Change("remove", at) if ids <= inert else None
                yield Hit(f"`{text}` is tried before this fallback already", at, "remove it", change=change)
            seen |= ids
