"""Two ids of one kind look alike: they differ in case, in `-`, `_` and `.`, or in characters that are easily confused
(`0` and `o`, `1` and `l`, letters of another script).

Why: the wrong one of two look-alikes is picked in a review, on the command line, or in a log, and nobody notices.

Example:
    providers/openai-eu1.yaml and providers/openai-eul.yaml

Fix: rename one of them so that they differ at a glance.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.confusable import skeleton
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0020"
FAMILY = "structure"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    kinds = {
        "provider": view.config.providers,
        "policy": view.config.policies,
        "tenant": view.config.tenants,
    }
    for kind, objects in kinds.items():
        seen: dict[str, str] = {}
        for name in sorted(objects):
            twin = seen.setdefault(skeleton(name), name)
            if twin != name:
                base = view.path_of(kind, name)
                at = (*base, "name" if kind == "policy" else "id")
                message = f"{kind} `{name}` is easily confused with `{twin}`"
                yield Hit(message, at, "rename one of them", document=view.document(kind, name))
    yield from _words(view)


def _words(view: View) -> Iterator[Hit]:
    project = view.config.project
    for field in ("privacy_levels", "regions", "tiers", "business_lines"):
        known: dict[str, str] = {}
        for i, word in enumerate(getattr(project, field)):
            twin = known.setdefault(skeleton(word), word)
            if twin != word:
                yield Hit(f"`{word}` is easily confused with `{twin}`", (field, i), "rename one of them")
