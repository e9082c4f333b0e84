"""A tenant is named that the roster does not hold.

Why: a rule for a tenant that does not exist protects nobody, and a misspelt deny lets the tenant in.

Example:
    tenants: {allow: ["*"], deny: [acme-crop]}

Fix: use an id from tenants/; `tier:x` and `business_line:x` select groups.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.refs import tenant_names
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0104"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    known = view.config.tenants
    if "roster" in view.broken_kinds or not known:
        return
    for document, path, name in tenant_names(view):
        if name not in known:
            yield Hit(f"there is no tenant `{name}`", path, meant(name, known.keys()), document=document)
