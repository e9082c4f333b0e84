"""Two release requests of an environment have the same number, or a name without one.

Why: requests are applied in the order of their names; two of one number are applied in an order nobody chose.

Example:
    releases/production/0042-default.yaml and releases/production/0042-openai.yaml

Fix: number them anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0623"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    seen: dict[tuple[str, str], str] = {}
    for document in view.documents("request"):
        _releases, environment, name = document.file.split("/")
        number = re.match(r"[0-9]+", name)
        if number is None:
            yield Hit("the file's name has no number", (), "call it 0042-subject-version.yaml", document=document)
            continue
        twin = seen.setdefault((environment, number.group().lstrip("0")), document.file)
        if twin != document.file:
            yield Hit(f"`{twin}` has the same number", (), "number them anew", document=document)
