"""A production environment needs no approval although approvals are at hand: a forge is configured, or another
environment asks for more.

Why: one person alone can change what everybody's requests do.

Example:
    forge: {kind: github, repository: acme/models}
    environments: {staging: {}, production: {}}

Fix: add `approvals: {by: forge, required: 1}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.environments import is_production
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0605"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    project = view.config.project
    most = max((e.approvals.required for e in project.environments.values()), default=0)
    for name, environment in project.environments.items():
        if not is_production(name):
            continue
        mine = environment.approvals.required if environment.approvals.by != "none" else 0
        if mine < most or (mine == 0 and project.forge is not None and len(project.environments) > 1):
            message = f"environment `{name}` needs {mine} approvals"
            message += f", another one needs {most}" if mine < most else ""
            yield Hit(message, ("environments", name), "add `approvals: {by: forge, required: 1}`", key=True)
