"""Something that looks like a credential stands in a file: in a value, a key or a comment.

Why: git keeps it forever, for everybody who can read the repository; it must be treated as stolen.

Example:
    metadata: {note: "use sk-ant-api03-..."}

Fix: revoke the credential at its vendor, put a new one into the secret store, and refer to it with `credential_ref`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.core.lines import position
from pxctl.core.secretlike import find_secret
from pxctl.core.span import Span
from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.document import Document
from pxctl.model.finding import Severity

CODE = "PX0201"
FAMILY = "secrets"
SEVERITY = Severity.ERROR
SCOPE = "document"


def check(document: Document, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    at = 0
    while (found := find_secret(document.text, at)) is not None:
        name, start, at = found
        line, column = position(document.text, start)
        span = Span(document.file, line, column, line, column + at - start)
        article = "an" if (name[0] in "AEIOU" and not name.startswith("AWS")) or name.startswith("AWS") else "a"
        yield Hit(f"{article} {name} stands here", span=span, hint="revoke it, and refer to a secret store instead")
