"""A model's capabilities and its modality contradict one another: vision without images, embeddings that answer text.

Why: the engine goes by the modality, people by the capability.

Example:
    - id: gpt-4.1
      modality: {input: [text], output: [text]}
      capabilities: [chat, vision]

Fix: correct the one that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0413"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"


NEEDS = {
    "vision": ("input", "image"),
    "chat": ("output", "text"),
    "embedding": ("output", "embedding"),
    "speech": ("output", "audio"),
    "transcription": ("input", "audio"),
    "image_generation": ("output", "image"),
}


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, model in enumerate(provider.models):
        for c, capability in enumerate(model.capabilities):
            side, medium = NEEDS.get(capability, ("", ""))
            if side and medium not in getattr(model.modality, side):
                message = f"model `{model.id}` has `{capability}`, and no {medium} in its modality's {side}"
                yield Hit(message, ("models", i, "capabilities", c), f"add {medium} to modality.{side}, or remove it")
