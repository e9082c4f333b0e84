"""A guarantee speaks of requests that nobody can send.

Why: it holds because there is nothing to break it, and protects nothing.

Example:
    - {name: gold-restricted, when: {tier: [gold], privacy: [restricted]}, ...}   # gold: confidential at most

Fix: correct its `when`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.reach import box_of
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0615"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if "roster" in view.broken_kinds or "policy" in view.broken_kinds:
        return
    for guarantee in view.config.guarantees:
        names = guarantee.policies or tuple(view.config.policies)
        tenants = [t for t in view.config.tenants.values() if (t.policy or "default") in names]
        if box_of(view, guarantee.when, tenants or list(view.config.tenants.values())).empty:
            at = (*view.path_of("guarantee", guarantee.name), "when")
            home = view.document("guarantee", guarantee.name)
            yield Hit(f"no request matches guarantee `{guarantee.name}`", at, "correct its `when`", document=home)
