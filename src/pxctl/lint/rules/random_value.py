"""A field whose name speaks of a secret holds a long random text.

Why: it is most likely a credential in a format that no rule knows.

Example:
    options: {gateway_token: 9f86d081884c7d659a2feaa0c55ad015}

Fix: put it into the secret store and refer to it; if it is no secret, give the field another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pxctl.core.secretlike import looks_random, secret_format
from pxctl.lint.base import Hit
from pxctl.lint.values import scalars
from pxctl.lint.view import View
from pxctl.model.document import Document
from pxctl.model.finding import Severity

CODE = "PX0203"
FAMILY = "secrets"
SEVERITY = Severity.WARNING
SCOPE = "document"


SUSPICIOUS = re.compile(r"(?i)key|token|secret|passw|credential|auth|signature|session|cookie|private")
HARMLESS = re.compile(r"(?i)public_key|key_id|tokens|_ref$|token_limit|max_token|per_mtok")


def check(document: Document, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if not any(looks_random(word.strip("\"',[]{}()#")) for word in document.text.split() if len(word) >= 20):
        return
    for path, value in scalars(document.data):
        names = [step for step in path if isinstance(step, str)]
        if not names or not isinstance(value, str) or len(value) < 20 or "://" in value:
            continue
        suspicious = SUSPICIOUS.search(names[-1]) and not HARMLESS.search(names[-1])
        if suspicious and looks_random(value) and secret_format(value) is None:
            yield Hit(f"`{names[-1]}` holds a long random text", path, "put it into a secret store and refer to it")
