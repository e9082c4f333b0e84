"""A route can never decide: earlier routes together take all its requests, or its match contradicts itself (a tenant
and a tier that the tenant has not).

Why: somebody believes that this route is in force.

Example:
    routes:
      - {name: low, match: {privacy: [public, internal]}, candidates: [a]}
      - {name: high, match: {privacy: [confidential, restricted]}, candidates: [b]}
      - {name: rest, match: {}, candidates: [c]}

Fix: remove it, or change the matches before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.reach import covers, left_over
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0502"
FAMILY = "routes"
SEVERITY = Severity.ERROR
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    boxes = view.reach(policy, anybody=True).boxes
    for i, box in enumerate(boxes):
        at = ("routes", i, "name")
        name = policy.routes[i].name
        if box.empty:
            yield Hit(f"route `{name}` never decides: its match contradicts itself", at, "change its match")
        elif not any(covers(boxes[earlier], box) for earlier in range(i)) and left_over(box, boxes[:i]) == []:
            yield Hit(f"route `{name}` never decides: the routes before it take all its requests", at, "remove it")
