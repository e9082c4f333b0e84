"""Two routes of a policy send failures to one another's only provider: what is one's only candidate is the other's only
fallback, and the other way round, without anything else.

Why: an outage of one puts the whole load on the other, which then has nowhere to go.

Example:
    routes:
      - {name: a, match: {tier: [gold]}, candidates: [x/m], fallbacks: [y/m]}
      - {name: b, match: {}, candidates: [y/m], fallbacks: [x/m]}

Fix: give at least one of them a fallback at a third provider.
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

CODE = "PX0508"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    ends: dict[tuple[str, str], str] = {}
    for r, route in enumerate(policy.routes):
        first = {d.provider.id for item in route.candidates for d in view.expand(candidate_text(item))}
        then = {d.provider.id for text in route.fallbacks for d in view.expand(text)} - first
        if len(first) == 1 and len(then) == 1:
            edge = (next(iter(first)), next(iter(then)))
            other = ends.get((edge[1], edge[0]))
            if other is not None:
                message = (
                    f"routes `{other}` and `{route.name}` are one another's only fallback ({edge[1]} and {edge[0]})"
                )
                yield Hit(message, ("routes", r, "fallbacks"), "add a fallback at a third provider", key=True)
            ends.setdefault(edge, route.name)
