"""A model claims a larger context or output than the catalogue gives it.

Why: requests are sent there that the vendor refuses.

Example:
    - {id: gpt-4.1, context_tokens: 10475760}

Fix: write the vendor's limit; a smaller one of your own is fine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0404"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, model in enumerate(provider.models):
        known = view.known(model.id, provider)
        if known is None:
            continue
        for field in ("context_tokens", "max_output_tokens"):
            ours, theirs = getattr(model, field), getattr(known, field)
            if ours and theirs and ours > theirs * 1.024:
                message = (
                    f"model `{model.id}`: {field} is {ours:,}, the catalogue of {view.catalogue.dated} says {theirs:,}"
                )
                yield Hit(message, ("models", i, field), f"write {theirs}")
