"""A feature flag is defined that nothing reads: pxctl asks for a few flags by name, and this is none of them.

Why: a misspelt flag is always at its default, and turning it off turns nothing off.

Example:
    flags:
      model-provider-registri: {state: ENABLED, variants: {released: true}, defaultVariant: released}

Fix: use one of the names that pxctl reads, or keep flags of other systems in another folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.lint.words import close
from pxctl.model.finding import Severity

CODE = "PX0106"
FAMILY = "references"
SEVERITY = Severity.WARNING
SCOPE = "tree"


READ = ("model-provider-registry", "provider-health-check", "multi-model-router", "routing-safe-mode")
"""Flags that pxctl reads."""


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for stem, file in view.config.flags.items():
        for name in file.flags:
            found = close(name, READ)
            if name not in READ and found is not None:
                yield Hit(
                    f"nothing reads the flag `{name}`",
                    ("flags", name),
                    f"did you mean `{found}`?",
                    key=True,
                    document=view.document("flags", stem),
                )
