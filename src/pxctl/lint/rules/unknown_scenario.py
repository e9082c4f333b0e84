"""A gate names a scenario that does not exist.

Why: the gate can never pass, or checks less than it says.

Example:
    gates: [{kind: scenarios, scenarios: [azure-outtage]}]

Fix: name a scenario that has a file under scenarios/.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.refs import gates
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0118"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    known = view.config.scenarios
    if "scenario" in view.broken_kinds:
        return
    for path, gate in gates(view.config.project):
        for i, name in enumerate(gate.scenarios):
            if name not in known:
                yield Hit(f"there is no scenario `{name}`", (*path, "scenarios", i), meant(name, known.keys()))
