"""A chat model states no context size.

Why: requests of any length are sent there; the context check cannot exclude it.

Example:
    - {id: gpt-4.1, capabilities: [chat]}

Fix: add `context_tokens`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0410"
FAMILY = "models"
SEVERITY = Severity.INFO
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, model in enumerate(provider.models):
        if model.context_tokens is None and "text" in model.modality.input and model.modality.output == ("text",):
            known = view.known(model.id, provider)
            hint = (
                f"the catalogue says {known.context_tokens}" if known and known.context_tokens else "add context_tokens"
            )
            yield Hit(f"model `{model.id}` states no context", ("models", i, "id"), hint)
