"""A flag's variants are of different types.

Why: whoever asks for a boolean and gets a text takes the default instead.

Example:
    variants: {on: true, off: "false"}

Fix: give all variants one type.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0611"
FAMILY = "governance"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for stem, file in view.config.flags.items():
        for name, flag in file.flags.items():
            kinds = {_kind(value) for value in flag.variants.values()}
            if len(kinds) > 1:
                message = f"the variants of flag `{name}` are {' and '.join(sorted(kinds))}"
                yield Hit(
                    message, ("flags", name, "variants"), "give them one type", document=view.document("flags", stem)
                )


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {int: "number", float: "number", str: "text", dict: "mapping", list: "list"}.get(type(value), "nothing")
