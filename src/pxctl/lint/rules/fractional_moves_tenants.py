"""Fractional buckets stand in an order, or have weights, with which a growing share moves tenants from one new variant
to another.

Why: buckets are ranges in the order written: growing the first of two new variants pushes the second one along.
Weights that do not add up to 100 scale all ranges when one changes.

Example:
    fractional: [[new-a, 10], [new-b, 10], [old, 80]]      # growing new-a moves tenants of new-b

Fix: put what is left (the old variant) between the two new ones, and let the weights add up to 100.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pxctl.lint.base import Hit
from pxctl.lint.flags import fractionals
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0612"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for stem, file in view.config.flags.items():
        home = view.document("flags", stem)
        for name, flag in file.flags.items():
            for path, buckets in fractionals(flag.targeting, ("flags", name, "targeting")):
                total = sum(weight for _variant, weight in buckets)
                if any(weight != 1 for _variant, weight in buckets) and total != 100:
                    yield Hit(
                        f"the weights add up to {total}, not to 100", path, "let them add up to 100", document=home
                    )
                new = [i for i, (variant, _weight) in enumerate(buckets) if variant != flag.default_variant]
                if len(buckets) > len(new) and any(b - a == 1 for a, b in pairwise(new)):
                    first, second = buckets[new[0]][0], buckets[new[1]][0]
                    message = f"growing `{first}` would move tenants of `{second}`"
                    yield Hit(message, path, f"put `{flag.default_variant}` between them", document=home)
