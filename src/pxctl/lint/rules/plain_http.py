"""An endpoint is plain http on a host that is neither this machine nor in a private network.

Why: prompts, answers and the key travel in the clear.

Example:
    endpoints: [{region: us, url: "http://api.openai.com/v1"}]

Fix: write https.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.hosts import is_private, split_url
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0301"
FAMILY = "endpoints"
SEVERITY = Severity.ERROR
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, endpoint in enumerate(provider.endpoints):
        scheme, host = split_url(endpoint.url)
        if scheme == "http" and not is_private(host):
            yield Hit(f"`{host}` is called over plain http", ("endpoints", i, "url"), "write https://")
