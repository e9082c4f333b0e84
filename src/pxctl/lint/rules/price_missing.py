"""A model of an active provider that costs money has no price.

Why: its cost is assumed to be the highest of its modality, so `cheapest` never picks it and budgets exclude it.

Example:
    - id: gpt-4.1
      context_tokens: 1047576      # and no price

Fix: add `price`; for a server of your own write an explicit `price: {input_per_mtok: 0}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.prices import price_text
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0401"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if not provider.enabled or provider.status not in ("active", "standby"):
        return
    for i, model in enumerate(provider.models):
        if model.price is None:
            known = view.known(model.id, provider)
            hint = (
                f"the catalogue says {price_text(known.price)}"
                if known and known.price
                else "an explicit 0 is a price too"
            )
            yield Hit(f"model `{model.id}` has no price", ("models", i, "id"), hint)
