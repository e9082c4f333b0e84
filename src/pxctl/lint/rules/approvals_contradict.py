"""An environment's approvals contradict themselves: a number without a way, a way without a number, or the forge
without a forge.

Why: nobody can approve, or nobody has to.

Example:
    environments: {production: {approvals: {by: forge, required: 2}}}      # and no forge

Fix: give both `by` and `required`, and configure the forge.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0620"
FAMILY = "governance"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    project = view.config.project
    for name, environment in project.environments.items():
        approvals, at = environment.approvals, ("environments", name, "approvals")
        if approvals.by == "none" and approvals.required:
            yield Hit(
                f"{approvals.required} approvals are required, and `by` says none",
                at,
                "write `by: forge` or `by: signature`",
            )
        elif approvals.by != "none" and not approvals.required:
            yield Hit(f"approvals come by {approvals.by}, and none is required", at, "write `required: 1`")
        elif approvals.by == "forge" and project.forge is None:
            yield Hit(
                "approvals come by forge, and no forge is configured", at, "add `forge: {kind: github, repository: …}`"
            )
