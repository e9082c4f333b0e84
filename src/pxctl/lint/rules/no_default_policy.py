"""Tenants name no policy of their own, and there is no policy called `default`.

Why: every request of these tenants is an error.

Example:
    # routing-policies/main.yaml is the only policy; tenants have no `policy`

Fix: name a policy `default`, or give each tenant a policy.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.lint.words import listed
from pxctl.model.finding import Severity

CODE = "PX0122"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if "default" in view.config.policies or "policy" in view.broken_kinds:
        return
    without = [id_ for id_, tenant in view.config.tenants.items() if tenant.policy is None]
    if without:
        at = (*view.path_of("tenant", without[0]), "id")
        message = f"there is no policy `default`, which {len(without)} tenants rely on: {listed(without, 4)}"
        hint = "add routing-policies/default.yaml, or name a policy"
        yield Hit(message, at, hint, document=view.document("tenant", without[0]))
