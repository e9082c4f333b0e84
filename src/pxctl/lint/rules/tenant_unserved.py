"""No active provider lets a tenant in.

Why: every one of its requests is refused with `tenant_denied`.

Example:
    # every provider says: tenants: {allow: ["tier:gold"]}; the tenant's tier is free

Fix: add the tenant, its tier or its business line to a provider's `tenants.allow`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.eligible import allows
from pxctl.lint.view import View
from pxctl.lint.words import listed
from pxctl.model.finding import Severity

CODE = "PX0601"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    live = [p for p in view.config.providers.values() if p.enabled and p.status == "active"]
    if (
        not live
        or "provider" in view.broken_kinds
        or any(p.tenants.allow == ("*",) and not p.tenants.deny for p in live)
    ):
        return
    without = [id_ for id_, tenant in view.config.tenants.items() if not any(allows(p, tenant) for p in live)]
    if without:
        at = (*view.path_of("tenant", without[0]), "id")
        many = "" if len(without) == 1 else f" (nor {len(without) - 1} others: {listed(without[1:], 4)})"
        message = f"no active provider lets tenant `{without[0]}` in{many}"
        yield Hit(message, at, "see `tenants.allow` of the providers", document=view.document("tenant", without[0]))
