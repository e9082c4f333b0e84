"""Some requests match no route of the policy.

Why: they are refused with `no_route`, whatever models there are.

Example:
    routes:
      - {name: chat, match: {modality: [chat]}, candidates: [openai-main]}

Fix: end the policy with a route whose match is `{}`; if the refusal is meant, keep it with an ignore comment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.reach import everything, left_over
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0503"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    reached = view.reach(policy)
    whole = everything(view, reached)
    rest = [] if whole.empty else [box for box in left_over(whole, reached.boxes) or () if not box.empty]
    if rest:
        box = rest[0]
        number, privacy = sorted(box.who)[0]
        parts = [f"privacy {privacy}"]
        if reached.classes[number]:
            parts.insert(0, f"tenant {reached.classes[number][0].id}")
        parts += [
            f"{name} {sorted(box.values[name])[0]}"
            for name in ("modality", "task_type", "risk_level", "region", "language")
            if box.values[name] != whole.values[name]
        ]
        parts += [f"{name} {box.ranges[name][0]}" for name in box.ranges if box.ranges[name] != whole.ranges[name]]
        message = f"some requests match no route, such as {', '.join(parts)}"
        yield Hit(message, ("routes",), "end with a route whose match is `{}`", key=True)
