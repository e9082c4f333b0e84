"""A route takes requests whose cost at every candidate is above the route's own `max_cost_usd`.

Why: the longest requests that it names are always refused with `budget`.

Example:
    - name: long
      match: {input_tokens: {min: 100000, max: 500000}}
      constraints: {max_cost_usd: 0.01}
      candidates: [openai-main/gpt-4.1]         # 500,000 tokens cost $1.00

Fix: raise max_cost_usd, name a cheaper candidate, or bound input_tokens.
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

CODE = "PX0516"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        bound = route.constraints.max_cost_usd
        tokens = route.match.input_tokens
        if bound is None or tokens is None:
            continue
        size = tokens.max if tokens.max is not None else tokens.min or 0
        prices = []
        for d in view.expand_all([*(candidate_text(item) for item in route.candidates), *route.fallbacks]):
            if d.model.price is None or (d.model.context_tokens is not None and d.model.context_tokens < size):
                continue
            prices.append((d.model.price.input_per_mtok * size / 10**6, d.id))
        if prices and min(prices)[0] > bound:
            cost, cheapest = min(prices)
            message = f"{size:,} input tokens cost ${cost:.4f} at the cheapest ({cheapest}), the route allows ${bound}"
            yield Hit(message, ("routes", r, "constraints", "max_cost_usd"), "raise it, or bound input_tokens")
