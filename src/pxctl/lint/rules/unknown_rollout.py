"""A provider, environment or release request names a rollout plan that pxctl.yaml does not define.

Why: publishing would stop at that point, or go to everybody at once.

Example:
    rollout: standart

Fix: name a plan under `rollouts` in pxctl.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0107"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    project = view.config.project
    known = project.rollouts
    if view.project_document is None:
        return
    for id_, provider in view.config.providers.items():
        if provider.rollout is not None and provider.rollout not in known:
            hint = meant(provider.rollout, known.keys())
            yield Hit(
                f"there is no rollout plan `{provider.rollout}`",
                ("rollout",),
                hint,
                document=view.document("provider", id_),
            )
    for name, environment in project.environments.items():
        if environment.rollout is not None and environment.rollout not in known:
            hint = meant(environment.rollout, known.keys())
            yield Hit(f"there is no rollout plan `{environment.rollout}`", ("environments", name, "rollout"), hint)
    for file, request in view.config.requests.items():
        if request.rollout is not None and request.rollout not in known:
            hint = meant(request.rollout, known.keys())
            yield Hit(
                f"there is no rollout plan `{request.rollout}`",
                ("rollout",),
                hint,
                document=view.document("request", file),
            )
