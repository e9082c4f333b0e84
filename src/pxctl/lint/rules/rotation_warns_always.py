"""A rotation warns earlier than the secret lives, so it always warns; or it renews less than once in two years.

Why: a warning that is always there is no warning.

Example:
    rotation: {every: 7d, warn_before: 14d}

Fix: make `warn_before` shorter than `every`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.base import duration_ms
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0212"
FAMILY = "secrets"
SEVERITY = Severity.WARNING
SCOPE = "provider"


TWO_YEARS = 731 * 86_400_000


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    rotation = provider.rotation
    if rotation is None:
        return
    every, before = duration_ms(rotation.every), duration_ms(rotation.warn_before)
    if before >= every:
        message = f"it warns {rotation.warn_before} before, and renews every {rotation.every}"
        yield Hit(
            message,
            ("rotation", "warn_before") if "warn_before" in rotation.model_fields_set else ("rotation",),
            "warn later",
        )
    if every > TWO_YEARS:
        yield Hit(
            f"`{rotation.every}` is longer than two years", ("rotation", "every"), "renew it at least once a year"
        )
