"""A scenario's fault strikes something that does not exist: no provider, region or deployment has this name.

Why: the scenario rehearses a failure that cannot happen, and passes.

Example:
    faults: [{kind: provider_outage, target: azure-ue}]

Fix: name a provider, a region or a deployment.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0120"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if "provider" in view.broken_kinds:
        return
    regions = {endpoint.region for provider in view.config.providers.values() for endpoint in provider.endpoints}
    known = set(view.config.providers) | regions
    for name, scenario in view.config.scenarios.items():
        for i, fault in enumerate(scenario.faults):
            if fault.target is not None and fault.target not in known and not view.expand(fault.target):
                message = f"nothing is called `{fault.target}`"
                yield Hit(
                    message,
                    ("faults", i, "target"),
                    meant(fault.target, known),
                    document=view.document("scenario", name),
                )
