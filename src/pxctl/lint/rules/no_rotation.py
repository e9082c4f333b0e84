"""An active provider has a required secret in a store that can renew it, and no `rotation`.

Why: a key that is never renewed is a key that leaks for years.

Example:
    secret_policy: required
    credential_ref: vault://secret/llm/openai#api_key      # and no rotation

Fix: add `rotation: {every: 90d, warn_before: 14d}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0211"
FAMILY = "secrets"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    live = provider.enabled and provider.status == "active"
    kept = [ref for ref in provider.credential_refs().values() if not ref.startswith(("env://", "file://"))]
    if live and provider.secret_policy == "required" and provider.rotation is None and kept:
        at = ("credential_ref",) if provider.credential_ref is not None else ("credentials",)
        yield Hit("this credential is never rotated", at, "add `rotation: {every: 90d, warn_before: 14d}`")
