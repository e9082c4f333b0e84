"""A flag's targeting answers with a variant that the flag does not have.

Why: flagd reports an error and falls back to the default for these tenants.

Example:
    variants: {released: true, withheld: false}
    targeting: {if: [{"==": [{var: tier}, gold]}, relased, withheld]}

Fix: answer with one of the variants.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.flags import answers
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0613"
FAMILY = "governance"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for stem, file in view.config.flags.items():
        for name, flag in file.flags.items():
            for path, variant in answers(flag.targeting, ("flags", name, "targeting")):
                if variant not in flag.variants:
                    hint = meant(variant, flag.variants.keys(), "it has")
                    message = f"flag `{name}` has no variant `{variant}`"
                    yield Hit(message, path, hint, document=view.document("flags", stem))
