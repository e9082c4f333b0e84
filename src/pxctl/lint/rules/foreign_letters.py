"""An id, name or reference mixes letters of different scripts, or holds invisible characters.

Why: a Cyrillic `а` in `openаi` looks right in every review and matches nothing.

Example:
    candidates: [ореnai-main/gpt-4.1]

Fix: type the word again on an ordinary keyboard; display names and descriptions may be in any script.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.confusable import invisible, mixed_scripts
from pxctl.lint.values import scalars
from pxctl.lint.view import View
from pxctl.model.document import Document
from pxctl.model.finding import Severity

CODE = "PX0021"
FAMILY = "structure"
SEVERITY = Severity.WARNING
SCOPE = "document"


FREE = frozenset({"display_name", "description", "reason", "limitations", "metadata", "owner", "documents"})


def check(document: Document, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if document.text.isascii():
        return
    for path, value in scalars(document.data):
        if not isinstance(value, str) or value.isascii() or any(step in FREE for step in path):
            continue
        sign = invisible(value)
        if sign is not None:
            yield Hit(f"the invisible character U+{ord(sign):04X} stands in this value", path, "remove it")
        elif mixed_scripts(value):
            yield Hit("this value mixes letters of different scripts", path, "type it again with Latin letters")
