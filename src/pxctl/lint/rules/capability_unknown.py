"""A capability is not one of the usual words, and almost one of them.

Why: a request that needs `tools` is never sent to a model that has `tool`.

Example:
    capabilities: [chat, streming, tool]

Fix: use the usual word; words of your own are fine where they resemble none of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Change, Hit
from pxctl.lint.view import View
from pxctl.lint.words import close
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0412"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"
FIXABLE = True


USUAL = (
    "chat", "streaming", "tools", "json_schema", "vision", "reasoning", "embedding", "speech", "transcription",
    "image_generation", "prompt_caching", "pdf_input", "audio_input", "web_search", "logprobs", "batch",
)  # fmt: skip


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    asked = view.asked_features
    for i, model in enumerate(provider.models):
        for c, capability in enumerate(model.capabilities):
            if capability in USUAL or capability in asked:
                continue
            found = close(capability, USUAL)
            if found is not None:
                at = ("models", i, "capabilities", c)
                change = (
                    Change("set", at, found)
                    if found.replace("_", "-") == capability.replace("_", "-").lower()
                    else None
                )
                yield Hit(f"unusual capability `{capability}`", at, f"did you mean `{found}`?", change=change)
