"""A privacy level is used that `privacy_levels` in pxctl.yaml does not list.

Why: levels are a closed, ordered list; an unknown one fails every check, so nothing is served where it stands.

Example:
    compliance: {privacy_max: confidental}

Fix: use one of the listed levels, or add the level at its place in the order.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.refs import privacy_levels
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0108"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for document, path, level in privacy_levels(view):
        if level not in view.privacy_rank:
            yield Hit(
                f"`{level}` is no privacy level",
                path,
                meant(level, view.privacy_rank.keys(), "levels"),
                document=document,
            )
