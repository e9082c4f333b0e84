"""Two routes of a policy have experiments of the same name.

Why: they share seed and reports, so their results cannot be told apart.

Example:
    routes:
      - {name: a, experiment: {name: trial, ...}, ...}
      - {name: b, experiment: {name: trial, ...}, ...}

Fix: give each experiment its own name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0520"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    seen: dict[str, str] = {}
    for r, route in enumerate(policy.routes):
        if route.experiment is not None:
            twin = seen.setdefault(route.experiment.name, route.name)
            if twin != route.name:
                message = f"route `{twin}` has an experiment of the same name"
                yield Hit(message, ("routes", r, "experiment", "name"), "give each experiment its own name")
