"""Two providers have the same endpoint and the same credential, or one provider has the same address in two regions.

Why: they are one account: its limits are counted twice, a fallback from one to the other is none, and a region may be
claimed that the data never sees.

Example:
    endpoints:
      - {region: us, url: "https://api.example.com/v1"}
      - {region: eu, url: "https://api.example.com/v1"}

Fix: keep one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0303"
FAMILY = "endpoints"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    seen: dict[tuple[str, str], str] = {}
    for id_, provider in view.config.providers.items():
        ref = provider.credential_refs().get("api_key", "")
        document = view.document("provider", id_)
        own: dict[str, str] = {}
        for i, endpoint in enumerate(provider.endpoints):
            url = endpoint.url.rstrip("/").lower()
            at = ("endpoints", i, "url")
            if url in own:
                yield Hit(f"region `{own[url]}` has the same address", at, "keep one of them", document=document)
                continue
            own[url] = endpoint.region
            twin = seen.setdefault((url, ref), id_)
            if twin != id_ and set(view.models[id_]) & set(view.models[twin]):
                message = f"provider `{twin}` has the same endpoint and the same credential"
                yield Hit(message, at, "keep one of them", document=document)
