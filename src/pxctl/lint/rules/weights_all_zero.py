"""Every candidate of a weighted route has weight 0, or a weight is too small to be split over its regions.

Why: with all weights 0 the route falls back to the listed order; nobody meant that.

Example:
    strategy: weighted
    candidates: [{deployment: a/m, weight: 0}, {deployment: b/m, weight: 0}]

Fix: give at least one candidate a weight above 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.candidate import candidate_weight
from pxctl.model.document import Path
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Candidate, Policy, Strategy

CODE = "PX0506"
FAMILY = "routes"
SEVERITY = Severity.ERROR
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        parts: list[tuple[Path, Strategy, tuple[Candidate, ...]]] = [(("routes", r), route.strategy, route.candidates)]
        if route.experiment is not None:
            for name, arm in route.experiment.arms.items():
                arm_at = ("routes", r, "experiment", "arms", name)
                parts.append((arm_at, arm.strategy or route.strategy, arm.candidates or ()))
        for at, strategy, candidates in parts:
            if strategy == "weighted" and candidates and not any(candidate_weight(item) for item in candidates):
                yield Hit("every weight is 0", (*at, "candidates"), "give one a weight above 0", key=True)
