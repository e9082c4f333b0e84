"""A dated price list of models: reference data, not intent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from pydantic import Field

from pxctl.model.base import Model
from pxctl.model.price import Price

CEILING = Price(input_per_mtok=Decimal(200), output_per_mtok=Decimal(800))


class CatalogueModel(Model):
    """What the catalogue knows of a vendor's model."""

    vendor: str
    id: str
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    price: Price | None = None
    mode: str | None = Field(default=None, description="chat, vision, tts, stt, embedding, image")
    capabilities: tuple[str, ...] | None = None
    deprecated: date | None = Field(default=None, description="the day after which the vendor retires it")


class Catalogue(Model):
    """Models by `vendor/id`, and the highest price of each modality (what an unpriced model is assumed to cost)."""

    dated: date | None = None
    source: str = ""
    models: Mapping[str, CatalogueModel] = Field(default_factory=dict)
    ceilings: dict[str, Price] = Field(default_factory=dict)
    hosts: dict[str, str] = Field(default_factory=dict, description="host, or the end of one -> vendor")
    kinds: dict[str, str] = Field(default_factory=dict, description="a provider's kind -> vendor, where it says so")

    def vendor_of(self, kind: str, url: str = "") -> str | None:
        """The vendor behind a provider: by its kind, else by the host of one of its endpoints."""
        if kind in self.kinds:
            return self.kinds[kind]
        host = url.partition("://")[2].partition("/")[0].partition(":")[0].lower()
        while host:
            if host in self.hosts:
                return self.hosts[host]
            host = host.partition(".")[2]
        return None

    def find(self, vendor: str | None, model: str) -> CatalogueModel | None:
        """What is known of a vendor's model, by the id that the vendor's API takes."""
        return self.models.get(f"{vendor}/{model}") if vendor else None

    def ceiling(self, modality: str) -> Price:
        """The highest price of a modality; a fixed, high one where the catalogue has none."""
        return self.ceilings.get(modality, CEILING)
