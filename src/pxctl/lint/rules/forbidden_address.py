"""An endpoint is a link-local, cloud metadata, multicast or unspecified address.

Why: no model lives there; what does (a cloud's metadata service) hands out credentials.

Example:
    endpoints: [{region: us, url: "http://169.254.169.254/v1"}]

Fix: use the server's real address.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.hosts import forbidden, split_url
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0302"
FAMILY = "endpoints"
SEVERITY = Severity.ERROR
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, endpoint in enumerate(provider.endpoints):
        _scheme, host = split_url(endpoint.url)
        why = forbidden(host)
        if why is not None:
            yield Hit(f"`{host}` is {why}", ("endpoints", i, "url"), "use the server's real address")
