"""A vendor retires the model within 90 days of the catalogue's date.

Why: moving traffic takes a rollout; start before the vendor ends it for you.

Example:
    - {id: claude-sonnet-4-5}

Fix: plan a rollout to its successor.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0406"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    dated = view.catalogue.dated
    if not provider.enabled or provider.status == "disabled" or dated is None:
        return
    for i, model in enumerate(provider.models):
        known = view.known(model.id, provider)
        if (
            known is not None
            and known.deprecated is not None
            and dated <= known.deprecated <= dated + timedelta(days=90)
        ):
            yield Hit(
                f"model `{model.id}` retires on {known.deprecated}",
                ("models", i, "id"),
                "plan a rollout to its successor",
            )
