"""Tenants may send the highest privacy level, and no guarantee says what must hold for it.

Why: that such data stays where it must is then only believed; a guarantee is proved for every request.

Example:
    # tenants with privacy_max: restricted, and no guarantees.yaml

Fix: add guarantees.yaml: `guarantees: [{name: restricted-in-eu, when: {privacy: [restricted]}, always: {regions:
[eu]}}]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0614"
FAMILY = "governance"
SEVERITY = Severity.INFO
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if view.config.guarantees or not view.config.policies or "guarantees" in view.broken_kinds:
        return
    highest = view.config.project.privacy_levels[-1]
    some = [tenant.id for tenant in view.config.tenants.values() if tenant.privacy_max == highest]
    if some and len(view.privacy_rank) > 1:
        at = (*view.path_of("tenant", some[0]), "privacy_max")
        message = f"{len(some)} tenants may send `{highest}` data, and nothing is guaranteed"
        yield Hit(message, at, "add guarantees.yaml", document=view.document("tenant", some[0]))
