"""A rollout plan's percentages do not grow, or a canary or dark step comes after a percentage.

Why: a step that reaches fewer tenants than the one before would take the new version back from some; nothing does
that.

Example:
    steps: [{percent: 25}, {percent: 10}, {full: true}]

Fix: order the steps: dark, canary, growing percentages, full.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0603"
FAMILY = "governance"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for name, plan in view.config.project.rollouts.items():
        reached = -1.0
        for i, step in enumerate(plan.steps):
            at = ("rollouts", name, "steps", i)
            size = 100.0 if step.full else step.percent if step.percent is not None else 0.0
            if step.percent is None and not step.full and reached > 0:
                yield Hit(f"a {step.label()} step comes after {reached:g} %", at, "put it first")
            elif size <= reached and (step.percent is not None or step.full):
                yield Hit(f"`{step.label()}` is not more than the {reached:g} % before it", at, "percentages grow")
            reached = max(reached, size) if size else reached
