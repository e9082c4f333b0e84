"""Cached input costs more than fresh input.

Why: no vendor charges so; the two numbers are most likely swapped.

Example:
    price: {input_per_mtok: 0.10, cached_input_per_mtok: 0.40}

Fix: swap them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0409"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, model in enumerate(provider.models):
        price = model.price
        if (
            price is not None
            and price.cached_input_per_mtok is not None
            and price.cached_input_per_mtok > price.input_per_mtok
        ):
            at = ("models", i, "price", "cached_input_per_mtok")
            yield Hit(f"model `{model.id}`: cached input costs more than fresh input", at, "are the two swapped?")
