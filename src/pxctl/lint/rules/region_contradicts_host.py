"""The host name of an endpoint says another region than the endpoint does.

Why: the region decides which data may go there; if it is wrong, residency is broken in silence.

Example:
    endpoints: [{region: eu, url: "https://bedrock-runtime.us-east-1.amazonaws.com"}]

Fix: write the region in which the host really is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.hosts import area_of_host, area_of_region, split_url
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0304"
FAMILY = "endpoints"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, endpoint in enumerate(provider.endpoints):
        _scheme, host = split_url(endpoint.url)
        says, claims = area_of_host(host), area_of_region(endpoint.region)
        if says is not None and claims is not None and says[0] != claims:
            message = f"the host says `{says[1]}`, the endpoint says `{endpoint.region}`"
            yield Hit(message, ("endpoints", i, "region"), f"the host is in {says[0]}")
