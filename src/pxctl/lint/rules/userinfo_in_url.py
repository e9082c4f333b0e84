"""A URL carries a user name or a password.

Why: URLs are logged, shown and sent as referrers; the part before the `@` goes with them.

Example:
    url: https://admin:hunter2@llm.example.com/v1

Fix: remove it from the URL; the adapter sends the credential of `credential_ref`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.values import scalars
from pxctl.lint.view import View
from pxctl.model.document import Document
from pxctl.model.finding import Severity

CODE = "PX0204"
FAMILY = "secrets"
SEVERITY = Severity.ERROR
SCOPE = "document"


USERINFO = re.compile(r"[a-z][a-z0-9+.-]*://[^/@\s?#]+@", re.IGNORECASE)


def check(document: Document, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if "@" not in document.text:
        return
    for path, value in scalars(document.data):
        if isinstance(value, str) and "@" in value and USERINFO.search(value):
            yield Hit("this URL carries user information", path, "remove what stands before the `@`")
