"""A URL carries a token, key or signature as a parameter.

Why: URLs are logged by every proxy on the way.

Example:
    url: https://llm.example.com/v1?api_key=abc123def456

Fix: remove the parameter and use `credential_ref`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.values import scalars
from pxctl.lint.view import View
from pxctl.model.document import Document
from pxctl.model.finding import Severity

CODE = "PX0205"
FAMILY = "secrets"
SEVERITY = Severity.ERROR
SCOPE = "document"


PARAMETER = re.compile(
    r"https?://\S*[?&;](api[-_]?key|key|token|access[-_]token|sig|signature|secret|password|subscription-key|code)=[^&\s{$<]{6,}",
    re.IGNORECASE,
)


def check(document: Document, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if "=" not in document.text or "?" not in document.text:
        return
    for path, value in scalars(document.data):
        if isinstance(value, str) and "?" in value and (found := PARAMETER.search(value)):
            yield Hit(f"this URL carries a secret as the parameter `{found.group(1)}`", path, "use credential_ref")
