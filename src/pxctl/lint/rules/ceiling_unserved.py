"""Tenants may send a privacy level that no provider of theirs may see.

Why: each such request is refused.

Example:
    # privacy_max: restricted for the tenant; no provider has compliance.privacy_max: restricted

Fix: raise a provider's compliance.privacy_max, or lower the tenant's privacy_max.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.eligible import allows, privacy_ceiling
from pxctl.lint.view import View
from pxctl.lint.words import listed
from pxctl.model.finding import Severity

CODE = "PX0619"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    live = [p for p in view.config.providers.values() if p.enabled and p.status == "active"]
    if not live or "provider" in view.broken_kinds:
        return
    groups: dict[str, list[str]] = {}
    open_ceiling = max(
        (privacy_ceiling(view, p) for p in live if p.tenants.allow == ("*",) and not p.tenants.deny), default=-1
    )
    for id_, tenant in view.config.tenants.items():
        rank = view.privacy_rank.get(tenant.privacy_max, -1)
        if rank > open_ceiling and rank > max(
            (privacy_ceiling(view, p) for p in live if allows(p, tenant)), default=rank
        ):
            groups.setdefault(tenant.privacy_max, []).append(id_)
    for level, ids in groups.items():
        at = (*view.path_of("tenant", ids[0]), "privacy_max")
        message = f"no provider may see `{level}` data of {listed(ids, 4)}"
        yield Hit(message, at, "raise a provider's compliance.privacy_max", document=view.document("tenant", ids[0]))
