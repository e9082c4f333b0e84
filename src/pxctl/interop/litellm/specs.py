"""A deployment's model as a provider file of ours describes it."""

from __future__ import annotations

from typing import Any

from pxctl.interop.litellm.config import Deployment, number
from pxctl.interop.litellm.facts import context, entry_of, modality, stated_price
from pxctl.model.catalogue import Catalogue
from pxctl.model.provider import Price

MODALITIES: dict[str, tuple[list[str], list[str]]] = {
    "chat": (["text"], ["text"]),
    "embedding": (["text"], ["embedding"]),
    "tts": (["text"], ["audio"]),
    "stt": (["audio"], ["text"]),
    "image": (["text"], ["image"]),
}
SUPPORTS = {
    "supports_function_calling": "tools",
    "supports_response_schema": "json_schema",
    "supports_vision": "vision",
    "supports_reasoning": "reasoning",
}


def spec_of(deployment: Deployment, model: str, catalogue: Catalogue) -> dict[str, Any]:
    """The model as a provider file writes it: the file's own words first, then the catalogue's."""
    entry = entry_of(deployment, catalogue)
    kind = modality(deployment, entry) or "chat"
    inputs, outputs = MODALITIES.get(kind, MODALITIES["chat"])
    said = {word: bool(deployment.info[name]) for name, word in SUPPORTS.items() if name in deployment.info}
    able = set(entry.capabilities or ()) & set(SUPPORTS.values()) if entry is not None else set()
    able = (able | {word for word, yes in said.items() if yes}) - {word for word, yes in said.items() if not yes}
    spec: dict[str, Any] = {"id": model}
    vision = kind == "chat" and "vision" in able
    if kind != "chat" or vision:
        spec["modality"] = {"input": [*inputs, "image"] if vision else inputs, "output": outputs}
    if kind == "chat":
        spec["capabilities"] = ["chat", "streaming", *(word for word in SUPPORTS.values() if word in able)]
    window = context(deployment, entry)
    if window:
        spec["context_tokens"] = window
    most = number(deployment.info.get("max_output_tokens"))
    most = most if most is not None else entry.max_output_tokens if entry is not None else None
    if most is not None and most >= 1 and kind == "chat":
        spec["max_output_tokens"] = int(most)
    price = stated_price(deployment) or (entry.price if entry is not None else None)
    if price is not None:
        spec["price"] = price_data(price)
    if model != deployment.name:
        spec["deployment_name"] = deployment.name[:128]
    return spec


def price_data(price: Price) -> dict[str, Any]:
    """A price as files write it, without trailing zeros."""
    parts = (
        ("input_per_mtok", price.input_per_mtok),
        ("cached_input_per_mtok", price.cached_input_per_mtok),
        ("output_per_mtok", price.output_per_mtok),
    )
    return {name: value.normalize() for name, value in parts if value is not None}
