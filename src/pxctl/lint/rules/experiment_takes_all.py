"""The arms of an experiment take all requests, so that its control is empty; or an arm takes none; or an arm changes
nothing.

Why: without a control, or with an arm that is the control, nothing is compared.

Example:
    experiment: {name: e, arms: {a: {share: 60, candidates: [x/m]}, b: {share: 40, candidates: [y/m]}}}

Fix: leave a share for the control; give each arm candidates or a strategy of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0518"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        if route.experiment is None:
            continue
        at = ("routes", r, "experiment", "arms")
        if sum(arm.share for arm in route.experiment.arms.values()) == 100:
            yield Hit(
                "the arms take every request; the control is empty", at, "leave a share for the control", key=True
            )
        for name, arm in route.experiment.arms.items():
            if not arm.share:
                yield Hit(f"arm `{name}` takes no request", (*at, name, "share"), "give it a share above 0")
            same = (arm.candidates or route.candidates, arm.strategy or route.strategy) == (
                route.candidates,
                route.strategy,
            )
            if same:
                yield Hit(
                    f"arm `{name}` is the same as the control",
                    (*at, name),
                    "give it other candidates or a strategy",
                    key=True,
                )
