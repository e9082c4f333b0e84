"""The id (or name) of a provider, policy or scenario is not the name of its file.

Why: people look for `openai-main` in `openai-main.yaml`, and reviews show file names.

Example:
    # providers/openai.yaml
    id: openai-main

Fix: rename the file, or change the id if nothing refers to it yet.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.core.secretlike import quoted
from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.document import Document
from pxctl.model.finding import Severity

CODE = "PX0016"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "document"


NAMES = {"provider": "id", "policy": "name", "scenario": "name"}


def check(document: Document, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    field = NAMES.get(document.kind)
    if field is None or not isinstance(document.data, dict):
        return
    stem = document.file.rsplit("/", 1)[-1].rpartition(".")[0]
    name = document.data.get(field)
    if isinstance(name, str) and name != stem:
        called = quoted(name).strip("`")
        hint = f"rename the file to {called}.{document.file.rpartition('.')[2]}"
        yield Hit(f"the file is called {quoted(stem)} and its {field} is `{called}`", (field,), hint)
