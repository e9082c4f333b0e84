"""A canary step selects no tenant.

Why: the step watches nothing, and the next one is the first that anybody gets.

Example:
    - canary: {tier: [gold], region: [apac]}      # no gold tenant is in apac

Fix: select at least one tenant.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0607"
FAMILY = "governance"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    tenants = view.config.tenants.values()
    for name, plan in view.config.project.rollouts.items():
        for i, step in enumerate(plan.steps):
            if step.canary is None:
                continue
            c = step.canary
            nothing = not (c.everyone or c.names or c.tier or c.business_line or c.region)
            if nothing or (tenants and "roster" not in view.broken_kinds and not any(c.selects(t) for t in tenants)):
                at = ("rollouts", name, "steps", i, "canary")
                yield Hit(f"the canary of `{name}` selects no tenant", at, "select at least one")
