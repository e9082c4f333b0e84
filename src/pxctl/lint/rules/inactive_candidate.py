"""A candidate or safe-mode entry belongs to a provider that is not active, or a fallback to one that is neither active
nor standby.

Why: it is excluded with `disabled` in every decision.

Example:
    # providers/groq.yaml: status: draft
    candidates: [groq/openai/gpt-oss-20b]

Fix: activate the provider, or remove the entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0524"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for reference in view.references(policy):
        ref = view.parse(reference.text)
        provider = view.config.providers.get(ref.provider) if ref is not None else None
        if provider is None:
            continue
        fine = ("active", "standby") if reference.role in ("fallback", "safe_mode") else ("active",)
        if not provider.enabled or provider.status not in fine:
            state = "not enabled" if not provider.enabled else provider.status
            yield Hit(
                f"`{reference.text}` is excluded: the provider is {state}",
                reference.path,
                "activate it, or remove this",
            )
