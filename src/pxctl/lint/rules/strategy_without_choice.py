"""A route ranks its candidates by a strategy, and has only one.

Why: the strategy does nothing; a second candidate was most likely meant.

Example:
    strategy: cheapest
    candidates: [openai-main/gpt-4.1@eu]

Fix: add a candidate, or leave the strategy out.
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

CODE = "PX0527"
FAMILY = "routes"
SEVERITY = Severity.INFO
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        if (
            "strategy" not in route.model_fields_set
            or route.strategy in ("listed", "priority")
            or route.experiment is not None
        ):
            continue
        if len(view.expand_all([candidate_text(item) for item in route.candidates])) == 1:
            yield Hit(
                f"route `{route.name}` has one candidate to rank",
                ("routes", r, "strategy"),
                "add one, or leave this out",
            )
