"""A canary step selects every tenant, or more than half of them.

Why: a fault would reach everybody before anybody has looked.

Example:
    - canary: {everyone: true}

Fix: select a few tenants.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0608"
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
            at = ("rollouts", name, "steps", i, "canary")
            count = sum(step.canary.selects(tenant) for tenant in tenants)
            if step.canary.everyone or (count and count == len(tenants) and len(tenants) > 1):
                yield Hit(f"the canary of `{name}` is everybody", at, "select a few tenants")
            elif len(tenants) >= 10 and count * 2 > len(tenants):
                yield Hit(f"the canary of `{name}` is {count} of {len(tenants)} tenants", at, "select a few tenants")
