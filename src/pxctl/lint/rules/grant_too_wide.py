"""A credential grant lets a secret go to every host.

Why: grants exist so that a change of an endpoint cannot carry a secret away.

Example:
    credential_grants: [{ref: "vault://", hosts: ["*"]}]

Fix: name the hosts.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0214"
FAMILY = "secrets"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for i, grant in enumerate(view.config.project.credential_grants):
        for h, host in enumerate(grant.hosts):
            if host in ("*", "*.*") or (host.startswith("*.") and host.count(".") == 1):
                yield Hit(
                    f"`{grant.ref}` is granted to `{host}`", ("credential_grants", i, "hosts", h), "name the hosts"
                )
