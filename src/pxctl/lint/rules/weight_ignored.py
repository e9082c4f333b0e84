"""A candidate has a weight, and the strategy is not `weighted`.

Why: the weight does nothing, though somebody tuned it.

Example:
    strategy: cheapest
    candidates: [{deployment: a/m, weight: 80}]

Fix: set `strategy: weighted`, or remove the weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0521"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        arms = route.experiment.arms.values() if route.experiment is not None else ()
        if route.strategy == "weighted" or any(arm.strategy == "weighted" and arm.candidates is None for arm in arms):
            continue
        for i, candidate in enumerate(route.candidates):
            if not isinstance(candidate, str) and "weight" in candidate.model_fields_set:
                at = ("routes", r, "candidates", i, "weight")
                yield Hit(
                    "this weight does nothing: the strategy is not weighted",
                    at,
                    "set `strategy: weighted`, or remove it",
                )
                break
