"""A fallback model is not among the provider's models.

Why: when the default model fails, nothing takes its place.

Example:
    fallback_models: [gpt-4.1-nano]
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

CODE = "PX0113"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    models = [model.id for model in provider.models]
    for i, name in enumerate(provider.fallback_models):
        if name not in models:
            hint = meant(name, models, "it has")
            yield Hit(f"the fallback model `{name}` is not among the models", ("fallback_models", i), hint)
