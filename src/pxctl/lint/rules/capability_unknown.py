"""A capability is not one of the usual words, and almost one of them.

Why: a request that needs `tools` is never sent to a model that has `tool`.

Example:
    capabilities: [chat, streming, tool]

Fix: use the usual word; words of your own are fine where they resemble none of these.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Change, Hit
from pxctl.lint.view import View
from pxctl.lint.words import close
from pxctl.model.finding import Severity

CODE = "PX0412"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "tree"
FIXABLE = True


USUAL = (
    "chat", "streaming", "tools", "json_schema", "vision", "reasoning", "embedding", "speech", "transcription",
    "image_generation", "prompt_caching", "pdf_input", "audio_input", "web_search", "logprobs", "batch",
)  # fmt: skip


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    known = view.asked_features.union(USUAL)
    for id_, provider in view.config.providers.items():
        for i, model in enumerate(provider.models):
            for c, capability in enumerate(model.capabilities):
                if capability not in known and (found := close(capability, USUAL)) is not None:
                    at = ("models", i, "capabilities", c)
                    same = found.replace("_", "-") == capability.replace("_", "-").lower()
                    yield Hit(
                        f"unusual capability `{capability}`",
                        at,
                        f"did you mean `{found}`?",
                        document=view.document("provider", id_),
                        change=Change("set", at, found) if same else None,
                    )
