"""A model of a vendor that charges has the price 0.

Why: reports show no cost, budgets never bite, and `cheapest` always picks it.

Example:
    kind: anthropic
    models: [{id: claude-haiku-4-5, price: {input_per_mtok: 0}}]

Fix: write the vendor's price. For servers of your own (ollama, llama_cpp, private hosts) 0 is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.hosts import is_private, split_url
from pxctl.lint.prices import price_text
from pxctl.lint.view import View
from pxctl.model.base import NO_SECRET_KINDS
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0402"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if provider.kind in NO_SECRET_KINDS or provider.kind == "other":
        return
    if all(is_private(split_url(endpoint.url)[1]) for endpoint in provider.endpoints):
        return
    for i, model in enumerate(provider.models):
        price = model.price
        if price is None or price.input_per_mtok or price.output_per_mtok:
            continue
        known = view.known(model.id, provider)
        if (
            known is not None
            and known.price is not None
            and not (known.price.input_per_mtok or known.price.output_per_mtok)
        ):
            continue
        hint = f"the catalogue says {price_text(known.price)}" if known and known.price else "write the vendor's price"
        yield Hit(f"model `{model.id}` costs nothing", ("models", i, "price"), hint)
