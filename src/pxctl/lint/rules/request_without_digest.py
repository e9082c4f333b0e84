"""A release request names no plan digest.

Why: `apply` refuses it: nobody can tell what the reviewers saw.

Example:
    op: publish
    subject: policies/default
    version: 12

Fix: write requests with `pxctl publish --pr`, which fills it in.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0622"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for file, request in view.config.requests.items():
        if request.plan_digest is None:
            yield Hit(
                "this request names no plan digest",
                ("op",),
                "use `pxctl publish --pr`",
                document=view.document("request", file),
            )
