"""A tier is used that pxctl.yaml does not declare, or that no tenant has.

Why: a selection by a tier that does not exist selects nobody.

Example:
    match: {tier: [godl]}

Fix: use a declared tier.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.refs import group_names
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0110"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if not view.tiers or ("roster" in view.broken_kinds and not view.config.project.tiers):
        return
    for document, path, name in group_names(view, "tier"):
        if name not in view.tiers:
            yield Hit(f"there is no tier `{name}`", path, meant(name, view.tiers, "there are"), document=document)
