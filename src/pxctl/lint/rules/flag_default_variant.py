"""A flag's default variant is missing, or is not one of its variants.

Why: where targeting says nothing, flagd has nothing to answer with.

Example:
    variants: {on: true, off: false}
    defaultVariant: enabled

Fix: name one of the variants.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0610"
FAMILY = "governance"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for stem, file in view.config.flags.items():
        home = view.document("flags", stem)
        for name, flag in file.flags.items():
            at = ("flags", name)
            if flag.default_variant is None:
                yield Hit(
                    f"flag `{name}` has no defaultVariant", at, "name one of its variants", key=True, document=home
                )
            elif flag.default_variant not in flag.variants:
                hint = meant(flag.default_variant, flag.variants.keys(), "it has")
                message = f"flag `{name}` has no variant `{flag.default_variant}`"
                yield Hit(message, (*at, "defaultVariant"), hint, document=home)
