"""A scenario expects nothing.

Why: it passes whatever happens.

Example:
    name: azure-outage
    faults: [{kind: provider_outage, target: azure-eu}]

Fix: add `expect: {served_min: 0.99}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0626"
FAMILY = "governance"
SEVERITY = Severity.INFO
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for name, scenario in view.config.scenarios.items():
        if not scenario.expect.model_dump(exclude_none=True):
            yield Hit(
                f"scenario `{name}` expects nothing",
                ("name",),
                "add `expect`",
                document=view.document("scenario", name),
            )
