"""A flag's targeting uses an operator that flagd does not have, or refers to an evaluator that the file does not
define.

Why: flagd refuses the file or returns the default for everybody.

Example:
    targeting: {equals: [{var: tier}, gold]}

Fix: use JSON Logic's operators or flagd's own: fractional, starts_with, ends_with, sem_ver, $ref.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.flags import OPERATORS, operators
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0609"
FAMILY = "governance"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for stem, file in view.config.flags.items():
        home = view.document("flags", stem)
        for name, flag in file.flags.items():
            for path, operator, operand in operators(flag.targeting, ("flags", name, "targeting")):
                if operator == "$ref":
                    if str(operand).removeprefix("#/$evaluators/") not in file.evaluators:
                        hint = meant(str(operand), file.evaluators.keys())
                        yield Hit(f"there is no evaluator `{operand}`", path, hint, document=home)
                elif operator not in OPERATORS:
                    hint = meant(operator, OPERATORS)
                    yield Hit(f"flagd has no operator `{operator}`", path, hint, key=True, document=home)
