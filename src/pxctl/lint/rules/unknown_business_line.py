"""A business line is used that pxctl.yaml does not declare, or that no tenant has.

Why: a selection by a business line that does not exist selects nobody.

Example:
    match: {business_line: [retial]}

Fix: use a declared business line.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.refs import group_names
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0111"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if not view.business_lines or ("roster" in view.broken_kinds and not view.config.project.business_lines):
        return
    for document, path, name in group_names(view, "business_line"):
        if name not in view.business_lines:
            hint = meant(name, view.business_lines, "there are")
            yield Hit(f"there is no business line `{name}`", path, hint, document=document)
