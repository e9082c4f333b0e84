"""Comparing prices with the catalogue, and writing them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pxctl.model.provider import Price


FIELDS = ("input_per_mtok", "output_per_mtok")
_TOLERANCE = Decimal("1.25")


def differs(ours: Decimal, theirs: Decimal) -> bool:
    """Whether two prices are more than a quarter apart; regional surcharges and rounding are less."""
    return ours > theirs * _TOLERANCE or theirs > ours * _TOLERANCE


def price_text(price: Price | None) -> str:
    """A price as a file has it."""
    if price is None:
        return "nothing"
    cached = (
        f", cached_input_per_mtok: {price.cached_input_per_mtok}" if price.cached_input_per_mtok is not None else ""
    )
    return f"{{input_per_mtok: {price.input_per_mtok}{cached}, output_per_mtok: {price.output_per_mtok}}}"
