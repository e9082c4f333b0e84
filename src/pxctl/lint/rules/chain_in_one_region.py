"""All deployments of a route are in one region, though no constraint asks for it and its own providers have endpoints
elsewhere.

Why: an outage of the region refuses every request of the route.

Example:
    - {name: chat, match: {}, candidates: [openai-main/gpt-4.1@us, azure-us/gpt-4.1]}

Fix: add a deployment in another region, or constrain the regions if it is meant.
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

CODE = "PX0514"
FAMILY = "routes"
SEVERITY = Severity.INFO
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        texts = [*(candidate_text(item) for item in route.candidates), *route.fallbacks]
        chain = view.expand_all(texts)
        regions = {d.region for d in chain}
        if (
            len(chain) < 2
            or len(regions) != 1
            or route.constraints.regions is not None
            or route.match.region is not None
        ):
            continue
        pinned = [text for text in texts if "@" in text]
        elsewhere = sorted({e.region for d in chain for e in d.provider.endpoints} - regions)
        if len(pinned) == len(texts) and elsewhere:
            message = f"everything in route `{route.name}` is pinned to `{next(iter(regions))}`"
            yield Hit(message, ("routes", r, "name"), f"its providers also answer in {', '.join(elsewhere)}")
