"""What tokens cost. Apart from the provider, because the catalogue needs prices where no provider is."""

from __future__ import annotations

from decimal import Decimal

from pxctl.model.base import Model, Money


class Price(Model):
    """USD per million tokens. An explicit 0 is a price; an absent one is not zero."""

    input_per_mtok: Money
    cached_input_per_mtok: Money | None = None
    output_per_mtok: Money = Decimal(0)
