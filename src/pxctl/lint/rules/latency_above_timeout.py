"""The validation's latency threshold is above the provider's timeout.

Why: every call that is slower than the timeout fails before the threshold can judge it.

Example:
    timeout_ms: 10000
    validation: {suites: [chat], max_p95_ms: 15000}

Fix: lower max_p95_ms, or raise timeout_ms.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0624"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    bound = provider.validation.max_p95_ms
    if bound is not None and bound > provider.timeout_ms:
        at = ("validation", "max_p95_ms")
        yield Hit(
            f"max_p95_ms ({bound}) is above timeout_ms ({provider.timeout_ms})", at, "lower it, or raise timeout_ms"
        )
