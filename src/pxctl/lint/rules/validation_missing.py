"""An active provider has no validation suites, or no latency threshold where publishing requires evidence.

Why: nothing shows that the endpoint works before traffic is sent there.

Example:
    status: active      # and no validation

Fix: add `validation: {suites: [chat], max_p95_ms: 4000}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0616"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if not provider.enabled or provider.status != "active":
        return
    if not provider.validation.suites:
        yield Hit(
            f"provider `{provider.id}` is active and never validated", ("status",), "add `validation: {suites: [chat]}`"
        )
    elif provider.validation.max_p95_ms is None and view.evidence_required:
        yield Hit("validation has no latency threshold", ("validation",), "add `max_p95_ms`", key=True)
