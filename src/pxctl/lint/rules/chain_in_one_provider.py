"""All candidates and fallbacks of a route are of one provider, though others could serve it.

Why: one outage, one exhausted quota or one expired key refuses every request of the route.

Example:
    - {name: chat, match: {}, candidates: [openai-main/gpt-4.1], fallbacks: [openai-main/gpt-4.1-mini]}

Fix: add a fallback at another provider.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.eligible import why_never
from pxctl.lint.view import View, deployment
from pxctl.model.candidate import candidate_text
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0513"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if len(view.config.providers) < 2:
        return
    reached = view.reach(policy)
    for r, route in enumerate(policy.routes):
        chain = view.expand_all([*(candidate_text(item) for item in route.candidates), *route.fallbacks])
        providers = {d.provider.id for d in chain}
        if len(providers) != 1 or reached.boxes[r].empty:
            continue
        mine = next(iter(providers))
        others = (
            deployment(p, model, endpoint.region)
            for p in view.config.providers.values()
            if p.id != mine
            for model in p.models
            for endpoint in p.endpoints
        )
        other = next((d for d in others if why_never(view, d, reached, r, route.constraints, True) is None), None)
        if other is not None:
            message = f"everything in route `{route.name}` is at `{mine}`"
            yield Hit(message, ("routes", r, "name"), f"add a fallback elsewhere, such as {other.id}")
