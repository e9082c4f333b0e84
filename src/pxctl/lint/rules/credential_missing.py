"""The provider needs a secret and names none.

Why: every call would be refused by the vendor, and the engine excludes the provider with `no_credential`.

Example:
    kind: openai_compatible
    secret_policy: required      # and no credential_ref

Fix: add `credential_ref`, or say `secret_policy: none` if the server needs no key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0207"
FAMILY = "secrets"
SEVERITY = Severity.ERROR
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if provider.secret_policy == "required" and "api_key" not in provider.credential_refs():
        yield Hit(
            f"provider `{provider.id}` requires a secret and has no credential_ref", ("id",), "add credential_ref"
        )
