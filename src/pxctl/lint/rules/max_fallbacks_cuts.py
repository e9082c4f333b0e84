"""`max_fallbacks` is so small that a listed fallback can never be used, even when only one candidate is kept.

Why: somebody believes that the last ones are tried.

Example:
    max_fallbacks: 1
    candidates: [a/m]
    fallbacks: [b/m, c/m]

Fix: raise max_fallbacks, or remove what it cuts.
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

CODE = "PX0515"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        seen = {d.id for item in route.candidates for d in view.expand(candidate_text(item))}
        count = 0
        for i, text in enumerate(route.fallbacks):
            fresh = [d.id for d in view.expand(text) if d.id not in seen]
            # with no candidate kept the first fallback is primary, so one more than max_fallbacks can be of use
            if fresh and count > route.max_fallbacks:
                message = f"`{text}` is never tried: max_fallbacks is {route.max_fallbacks}, and {count} come before it"
                yield Hit(message, ("routes", r, "fallbacks", i), "raise max_fallbacks, or remove it")
            seen.update(fresh)
            count += len(fresh)
