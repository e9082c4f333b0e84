"""Safe mode allows no deployment for a modality that the policy serves.

Why: while safe mode is on, every such request is refused.

Example:
    safe_mode: {allow: [azure-eu/gpt-4.1]}
    routes:
      - {name: search, match: {modality: [embedding]}, candidates: [azure-eu/text-embedding-3-large]}

Fix: allow a deployment of that modality, if it should go on in safe mode.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.eligible import serves
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0517"
FAMILY = "routes"
SEVERITY = Severity.INFO
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if policy.safe_mode is None:
        return
    allowed = view.expand_all(policy.safe_mode.allow)
    if not allowed:
        return
    named = {m for route in policy.routes for m in route.match.modality or ()}
    missing = sorted(m for m in named if not any(serves(d, m) for d in allowed))
    if missing:
        message = f"safe mode leaves nothing for {', '.join(missing)}"
        yield Hit(message, ("safe_mode", "allow"), "allow a deployment of each, or say that it is meant", key=True)
