"""A region is used that pxctl.yaml does not declare under `regions`.

Why: regions decide where data may go; a misspelt one matches no endpoint and no tenant.

Example:
    constraints: {regions: [ue]}

Fix: use a declared region, or declare it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.refs import region_names
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0109"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if not view.config.project.regions:
        return
    known = view.regions | {"other"}
    for document, path, region in region_names(view):
        if region not in known:
            yield Hit(
                f"the region `{region}` is not declared",
                path,
                meant(region, view.regions, "declared"),
                document=document,
            )
