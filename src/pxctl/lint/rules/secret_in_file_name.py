"""Something that looks like a credential is part of a file's name.

Why: names are shown in every listing, log and review.

Example:
    providers/sk-proj-....yaml

Fix: revoke the credential and rename the file.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.core.secretlike import secret_format
from pxctl.core.span import Span
from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.document import Document
from pxctl.model.finding import Severity

CODE = "PX0202"
FAMILY = "secrets"
SEVERITY = Severity.ERROR
SCOPE = "document"


def check(document: Document, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    name = secret_format(document.file)
    if name is not None:
        span = Span(document.file, 1, 1)
        yield Hit(
            f"the file's name holds what looks like a credential ({name})", span=span, hint="revoke it, rename the file"
        )
