"""A secret store, a publish target or the forge is called over plain http outside this machine and private networks.

Why: tokens and secrets travel in the clear.

Example:
    secret_stores: {vault: {address: "http://vault.example.com:8200"}}

Fix: write https.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.hosts import is_private, split_url
from pxctl.lint.view import View
from pxctl.model.document import Path
from pxctl.model.finding import Severity

CODE = "PX0306"
FAMILY = "endpoints"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    project = view.config.project
    places: list[tuple[Path, str | None]] = []
    places += [(("secret_stores", name, "address"), store.address) for name, store in project.secret_stores.items()]
    places += [(("targets", name, "url"), target.url) for name, target in project.targets.items()]
    places += [(("forge", "url"), project.forge.url)] if project.forge is not None else []
    for path, url in places:
        scheme, host = split_url(url or "")
        if scheme == "http" and not is_private(host):
            yield Hit(f"`{host}` is called over plain http", path, "write https://")
