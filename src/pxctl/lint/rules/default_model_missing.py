"""The default model is not among the provider's models.

Why: a reference to the provider alone means its default model; this one means nothing.

Example:
    default_model: gpt-4.1-mini
    models: [{id: gpt-4.1}]

Fix: name one of `models`, or add the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0112"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    models = [model.id for model in provider.models]
    if provider.default_model is not None and provider.default_model not in models:
        hint = meant(provider.default_model, models, "it has")
        yield Hit(f"the default model `{provider.default_model}` is not among the models", ("default_model",), hint)
