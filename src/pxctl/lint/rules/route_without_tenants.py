"""No tenant that has this policy can send a request that the route takes: nobody is of its tier, or nobody there may
send its privacy level.

Why: today it decides nothing, which its author may not know.

Example:
    match: {tier: [free], privacy: [restricted]}      # free tenants may send internal data at most

Fix: correct its match, or the tenants' privacy_max; for tenants who are still to come, keep it with an ignore
comment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0528"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if "roster" in view.broken_kinds or not view.config.tenants:
        return
    possible = view.reach(policy, anybody=True).boxes
    for i, box in enumerate(view.reach(policy).boxes):
        if box.empty and not possible[i].empty:
            message = f"no tenant of this policy can send what route `{policy.routes[i].name}` takes"
            yield Hit(message, ("routes", i, "name"), "correct its match, or a tenant's privacy_max")
