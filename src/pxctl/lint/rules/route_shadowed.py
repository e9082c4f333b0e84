"""A route can never decide, because one earlier route takes every request that it would take.

Why: the first match wins; somebody believes that this route is in force.

Example:
    routes:
      - {name: all-chat, match: {modality: [chat]}, candidates: [a]}
      - {name: gold-chat, match: {modality: [chat], tier: [gold]}, candidates: [b]}

Fix: put the narrower route first, or remove it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.reach import covers
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0501"
FAMILY = "routes"
SEVERITY = Severity.ERROR
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    boxes = view.reach(policy, anybody=True).boxes
    for i, box in enumerate(boxes):
        if box.empty:
            continue
        for earlier in range(i):
            if covers(boxes[earlier], box):
                taker = policy.routes[earlier].name
                message = f"route `{policy.routes[i].name}` never decides: `{taker}` takes all its requests"
                yield Hit(message, ("routes", i, "name"), "put it before that route, or remove it")
                break
