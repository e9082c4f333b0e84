"""An endpoint ends in the path of one call, such as `/chat/completions`, or carries a query or fragment.

Why: adapters add the path of each call themselves, so every call would go to an address that does not exist.

Example:
    url: https://api.openai.com/v1/chat/completions

Fix: end the URL where the API begins: `https://api.openai.com/v1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Change, Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0305"
FAMILY = "endpoints"
SEVERITY = Severity.WARNING
SCOPE = "provider"
FIXABLE = True


CALL = re.compile(r"/(chat/completions|completions|messages|embeddings|responses|api/chat|api/generate)/?$")


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, endpoint in enumerate(provider.endpoints):
        at = ("endpoints", i, "url")
        found = CALL.search(endpoint.url)
        if found:
            base = endpoint.url[: found.start()]
            change = Change("set", at, base)
            yield Hit(
                f"the URL ends in `{found.group(0)}`, which the adapter adds itself", at, f"write {base}", change=change
            )
        elif "?" in endpoint.url or "#" in endpoint.url:
            yield Hit("the URL has a query or a fragment", at, "put what the adapter needs under `options`")
