"""A production environment's rollback window is shorter than an hour, or shorter than its rollout takes.

Why: a rollback reaches back without approval only inside the window; a fault that shows later needs people who are
asleep.

Example:
    environments: {production: {rollback_window: 0s}}

Fix: write at least a few days: `rollback_window: 14d`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.environments import is_production
from pxctl.lint.view import View
from pxctl.model.base import duration_ms
from pxctl.model.finding import Severity

CODE = "PX0606"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    project = view.config.project
    for name, environment in project.environments.items():
        window = duration_ms(environment.rollback_window)
        plan = project.rollout_plan(environment.rollout)
        waits = sum(duration_ms(step.wait) for step in plan.steps if step.wait is not None) if plan is not None else 0
        at = ("environments", name, "rollback_window")
        if is_production(name) and window < 3_600_000:
            yield Hit(f"the rollback window is {environment.rollback_window}", at, "write a few days, such as 14d")
        elif is_production(name) and window < waits:
            yield Hit(
                f"the rollback window ({environment.rollback_window}) ends before the rollout does",
                at,
                "make it longer",
            )
