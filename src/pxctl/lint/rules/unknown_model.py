"""A deployment reference names a model that its provider does not list.

Why: the engine leaves the entry out; the request goes elsewhere or is refused.

Example:
    candidates: [openai-main/gpt-4.1-mimi]

Fix: name a model from the provider's `models`, or add it there.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.refs import deployment_references
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0102"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for document, path, text in deployment_references(view):
        ref = view.parse(text)
        models = view.models.get(ref.provider) if ref is not None else None
        if ref is not None and ref.model and models is not None and ref.model not in models:
            message = f"provider `{ref.provider}` has no model `{ref.model}`"
            yield Hit(message, path, meant(ref.model, models.keys(), "it has"), document=document)
