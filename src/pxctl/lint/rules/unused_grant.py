"""A credential grant covers no reference of any provider.

Why: an old grant is an open door that nobody watches.

Example:
    credential_grants: [{ref: "env://OLD_KEY", hosts: [api.openai.com]}]

Fix: remove it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0215"
FAMILY = "secrets"
SEVERITY = Severity.INFO
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if "provider" in view.broken_kinds:
        return
    texts = [text for provider in view.config.providers.values() for text in provider.credential_refs().values()]
    texts += [target.credential_ref for target in view.config.project.targets.values() if target.credential_ref]
    forge = view.config.project.forge
    texts += [forge.credential_ref] if forge is not None and forge.credential_ref else []
    for i, grant in enumerate(view.config.project.credential_grants):
        if not any(text.startswith(grant.ref) for text in texts):
            yield Hit("no credential reference starts with this grant's", ("credential_grants", i, "ref"), "remove it")
