"""The default model is also one of its own fallbacks.

Why: a model cannot take over from itself.

Example:
    default_model: gpt-4.1
    fallback_models: [gpt-4.1, gpt-4.1-mini]

Fix: remove it from `fallback_models`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Change, Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0415"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"
FIXABLE = True


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, name in enumerate(provider.fallback_models):
        if name == provider.default_model:
            at = ("fallback_models", i)
            yield Hit(f"`{name}` is its own fallback", at, "remove it", change=Change("remove", at))
