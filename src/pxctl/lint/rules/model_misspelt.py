"""A model's id is unknown to the catalogue, and almost the id of one that the vendor has.

Why: a misspelt id is a call that fails.

Example:
    - {id: claude-haiku-4.5}     # the vendor writes claude-haiku-4-5

Fix: use the vendor's spelling; for a private model, keep it with an ignore comment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.lint.words import close
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0411"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    vendor = view.vendor(provider)
    if vendor is None or provider.kind in ("azure_openai", "ollama", "llama_cpp", "other"):
        return
    for i, model in enumerate(provider.models):
        if view.catalogue.find(vendor, model.id) is not None:
            continue
        known = view.vendor_models(vendor)
        if any(name.startswith(model.id) or model.id.startswith(name) for name in known):
            continue
        found = close(model.id, known)
        if found is not None and _digits(found) == _digits(model.id):
            yield Hit(f"the catalogue does not know `{model.id}`", ("models", i, "id"), f"did you mean `{found}`?")


def _digits(name: str) -> str:
    """A model with other numbers is another model, not a misspelt one."""
    return "".join(char for char in name if char.isdigit())
