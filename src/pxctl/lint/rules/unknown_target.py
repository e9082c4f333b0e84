"""An environment names a publish target that pxctl.yaml does not define.

Why: what is live would not reach the service that reads it.

Example:
    environments:
      production: {targets: [tenant-service]}     # and no `targets: {tenant-service: ...}`

Fix: define it under `targets`, or remove the name.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0117"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    project = view.config.project
    for name, environment in project.environments.items():
        for i, target in enumerate(environment.targets):
            if target not in project.targets:
                hint = meant(target, project.targets.keys())
                yield Hit(f"there is no target `{target}`", ("environments", name, "targets", i), hint)
