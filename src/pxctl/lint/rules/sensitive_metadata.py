"""A name under `metadata` speaks of a secret.

Why: metadata is shown everywhere: in reports, snapshots and release records. It is never sensitive.

Example:
    metadata: {api_key: see the wiki}

Fix: remove it; secrets live in a secret store, and where to find them is the credential reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.values import keys
from pxctl.lint.view import View
from pxctl.model.document import Document
from pxctl.model.finding import Severity

CODE = "PX0206"
FAMILY = "secrets"
SEVERITY = Severity.ERROR
SCOPE = "document"


SENSITIVE = re.compile(
    r"(?i)^(.*[-_.])?(api[-_]?key|secret([-_](key|access[-_]key))?|client[-_]secret|password|passwd|passphrase|token|"
    r"access[-_]token|private[-_]key|credentials?|bearer|auth[-_]header|connection[-_]string)$"
)


def check(document: Document, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if not isinstance(document.data, dict):
        return
    for path, name in keys(document.data.get("metadata"), ("metadata",)):
        if SENSITIVE.match(name):
            yield Hit(
                f"`{name}` under metadata speaks of a secret", path, "use credential_ref or credentials", key=True
            )
