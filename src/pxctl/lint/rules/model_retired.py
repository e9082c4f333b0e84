"""A vendor had retired the model at the catalogue's date.

Why: calls to it fail, or are answered by another model.

Example:
    - {id: claude-mythos-preview}

Fix: move to its successor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0405"
FAMILY = "models"
SEVERITY = Severity.ERROR
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if not provider.enabled or provider.status == "disabled" or view.catalogue.dated is None:
        return
    for i, model in enumerate(provider.models):
        known = view.known(model.id, provider)
        if known is not None and known.deprecated is not None and known.deprecated < view.catalogue.dated:
            yield Hit(
                f"model `{model.id}` was retired on {known.deprecated}", ("models", i, "id"), "move to its successor"
            )
