"""A deployment reference names a region in which its provider has no endpoint, or a provider without a default model.

Why: it means no deployment at all, so the engine leaves it out.

Example:
    candidates: [azure-eu/gpt-4.1@us]

Fix: name a region of the provider's `endpoints`, or give the provider a `default_model`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.refs import deployment_references
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0103"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for document, path, text in deployment_references(view):
        ref = view.parse(text)
        provider = view.config.providers.get(ref.provider) if ref is not None else None
        if ref is None or provider is None:
            continue
        regions = [endpoint.region for endpoint in provider.endpoints]
        if ref.region and ref.region not in regions:
            message = f"provider `{ref.provider}` has no endpoint in `{ref.region}`"
            yield Hit(message, path, meant(ref.region, regions, "it has"), document=document)
        if not ref.model and provider.default_model is None:
            message = f"provider `{ref.provider}` has no default model, so `{text}` means nothing"
            yield Hit(message, path, f"write `{ref.provider}/MODEL`, or set its default_model", document=document)
