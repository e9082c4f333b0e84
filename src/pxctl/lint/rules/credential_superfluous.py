"""The provider says that it needs no secret, and names one; or `credential_ref` and `credentials.api_key` differ.

Why: somebody rotates a secret that is never sent, or believes that the server is protected.

Example:
    kind: ollama
    credential_ref: env://OLLAMA_KEY     # secret_policy is none for ollama

Fix: remove the reference, or set `secret_policy: optional` or `required`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0208"
FAMILY = "secrets"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if provider.secret_policy == "none" and provider.credential_refs():
        at = ("credential_ref",) if provider.credential_ref is not None else ("credentials",)
        yield Hit("secret_policy is none, and a credential is named", at, "remove it, or change secret_policy")
    short = provider.credentials.get("api_key")
    if short is not None and provider.credential_ref is not None and short != provider.credential_ref:
        yield Hit("credential_ref and credentials.api_key differ", ("credential_ref",), "keep one of them")
