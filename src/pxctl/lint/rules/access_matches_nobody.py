"""A provider's tenant lists let nobody in: the allow list is empty, selects no tenant of the roster, or everything
on it is denied again.

Why: the provider is never chosen.

Example:
    tenants: {allow: ["tier:gold"], deny: ["business_line:retail"]}     # every gold tenant is retail

Fix: change the lists, or disable the provider.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.eligible import allows
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0602"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    tenants = view.config.tenants.values()
    if not tenants or "roster" in view.broken_kinds:
        return
    for id_, provider in view.config.providers.items():
        if provider.tenants.allow == ("*",) and not provider.tenants.deny:
            continue
        if not any(allows(provider, tenant) for tenant in tenants):
            message = f"provider `{id_}` lets no tenant in"
            yield Hit(message, ("tenants",), "change allow or deny", document=view.document("provider", id_))
