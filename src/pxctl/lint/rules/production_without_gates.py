"""A production environment publishes without any gate: no evidence is required, and neither it nor its rollout plan has
a gate.

Why: nothing but a person stands between a bad version and everybody.

Example:
    environments:
      production: {rollout: standard}     # evidence is optional, and the plan has no gates

Fix: set `evidence: required`, or add gates to the environment or to the plan's steps.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.environments import is_production
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0604"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    project = view.config.project
    if view.project_document is None or len(project.environments) < 2:
        return
    for name, environment in project.environments.items():
        plan = project.rollout_plan(environment.rollout)
        stepped = any(step.gates for step in plan.steps) if plan is not None else False
        if is_production(name) and environment.evidence != "required" and not environment.gates and not stepped:
            yield Hit(f"environment `{name}` has no gate", ("environments", name), "set `evidence: required`", key=True)
