"""A model's output limit is above its context.

Why: input and output share the context; one of the two numbers is wrong.

Example:
    - {id: m, context_tokens: 8192, max_output_tokens: 16384}

Fix: correct the number that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0408"
FAMILY = "models"
SEVERITY = Severity.ERROR
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, model in enumerate(provider.models):
        if model.context_tokens and model.max_output_tokens and model.max_output_tokens > model.context_tokens:
            limits = f"{model.max_output_tokens:,} tokens into a context of {model.context_tokens:,}"
            message = f"model `{model.id}` may write {limits}"
            yield Hit(message, ("models", i, "max_output_tokens"), "correct one of them")
