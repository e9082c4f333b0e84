"""A model's price differs from the dated catalogue by more than a quarter, or by more than a factor of ten.

Why: a slipped decimal point or a price per thousand tokens makes every cost and every budget wrong.

Example:
    - {id: gpt-4.1, price: {input_per_mtok: 0.002, output_per_mtok: 0.008}}     # per thousand, not per million

Fix: correct it; where a contract says otherwise, keep it with `# pxctl: ignore PX0403 our contract`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.prices import FIELDS, differs
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0403"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, model in enumerate(provider.models):
        known = view.known(model.id, provider) if model.price is not None else None
        if known is None or known.price is None or model.price is None:
            continue
        for field in FIELDS:
            ours, theirs = getattr(model.price, field), getattr(known.price, field)
            if ours and theirs and differs(ours, theirs):
                message = (
                    f"model `{model.id}`: {field} is {ours}, the catalogue of {view.catalogue.dated} says {theirs}"
                )
                yield Hit(message, ("models", i, "price", field), "prices are USD per million tokens")
