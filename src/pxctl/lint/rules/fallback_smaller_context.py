"""A fallback holds less than the requests that the route says it takes, or less than a tenth of what every candidate
holds.

Why: the long requests that the candidates take are refused when they fail.

Example:
    - name: long
      match: {input_tokens: {min: 100000, max: 400000}}
      candidates: [openai-main/gpt-4.1]
      fallbacks: [mistral/mistral-small]        # holds 128,000

Fix: name a fallback with a larger context, or bound the route's input_tokens.
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

CODE = "PX0510"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        candidates = view.expand_all([candidate_text(item) for item in route.candidates])
        sizes = [d.model.context_tokens for d in candidates if d.model.context_tokens is not None]
        if not sizes:
            continue
        bounds = route.match.input_tokens
        takes = min(bounds.max, min(sizes)) if bounds is not None and bounds.max is not None else None
        if bounds is not None and bounds.min is not None and takes is None:
            takes = bounds.min
        needed = takes if takes is not None else min(sizes) // 10
        for i, text in enumerate(route.fallbacks):
            held = [d.model.context_tokens for d in view.expand(text) if d.model.context_tokens is not None]
            if held and max(held) < needed:
                message = f"`{text}` holds {max(held):,} tokens; the candidates hold {min(sizes):,} and more"
                yield Hit(message, ("routes", r, "fallbacks", i), f"name one that holds {needed:,} tokens")
