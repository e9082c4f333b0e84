"""A model claims a capability that the catalogue denies it.

Why: requests that need it are sent there and fail.

Example:
    - {id: gpt-3.5-turbo, capabilities: [chat, vision]}

Fix: remove the capability; where you know better, keep it with an ignore comment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0407"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"


TRACKED = frozenset({"tools", "vision", "reasoning"})
"""Capabilities that the catalogue tracks well enough to deny them."""


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, model in enumerate(provider.models):
        if not TRACKED.intersection(model.capabilities):
            continue
        known = view.known(model.id, provider)
        if known is None or not known.capabilities:
            continue
        for c, capability in enumerate(model.capabilities):
            if capability in TRACKED and capability not in known.capabilities:
                message = f"model `{model.id}` has no `{capability}` in the catalogue of {view.catalogue.dated}"
                yield Hit(message, ("models", i, "capabilities", c), "remove it, or say why with an ignore comment")
