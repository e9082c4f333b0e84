"""No policy refers to this active provider.

Why: it is paid for, kept in order, and never used; or a policy was meant to name it.

Example:
    # providers/groq.yaml is active, and no route names groq

Fix: name it in a route, set its status to draft or standby, or remove it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0114"
FAMILY = "references"
SEVERITY = Severity.INFO
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if not view.config.policies or "policy" in view.broken_kinds:
        return
    used = set()
    for policy in view.config.policies.values():
        for reference in view.references(policy):
            ref = view.parse(reference.text)
            if ref is not None:
                used.add(ref.provider)
    for id_, provider in view.config.providers.items():
        if id_ not in used and provider.enabled and provider.status == "active":
            yield Hit(
                f"no policy refers to provider `{id_}`",
                ("id",),
                "set `status: draft`, or use it",
                document=view.document("provider", id_),
            )
