"""A deployment reference names a provider that does not exist.

Why: the engine leaves such an entry out, so the route has less behind it than its author thinks.

Example:
    candidates: [opnai-main/gpt-4.1]

Fix: name a provider that has a file under providers/.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.refs import deployment_references, provider_names
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0101"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    known = view.config.providers
    broken = view.broken_providers
    for document, path, text in deployment_references(view):
        ref = view.parse(text)
        if ref is not None and ref.provider not in known and ref.provider not in broken:
            yield Hit(
                f"there is no provider `{ref.provider}`", path, meant(ref.provider, known.keys()), document=document
            )
    for document, path, name in provider_names(view):
        if name not in known and name not in broken:
            yield Hit(f"there is no provider `{name}`", path, meant(name, known.keys()), document=document)
