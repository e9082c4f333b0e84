"""No tenant has this policy, and it is not the default.

Why: it is reviewed and released, and decides nothing.

Example:
    # routing-policies/pilot.yaml exists; no tenant says `policy: pilot`

Fix: give it to a tenant, or remove it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0121"
FAMILY = "references"
SEVERITY = Severity.INFO
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if not view.config.tenants or "roster" in view.broken_kinds:
        return
    used = {tenant.policy or "default" for tenant in view.config.tenants.values()}
    used |= {scenario.policy_override for scenario in view.config.scenarios.values() if scenario.policy_override}
    for name in view.config.policies:
        if name not in used:
            yield Hit(
                f"no tenant has the policy `{name}`",
                ("name",),
                "give it to a tenant",
                document=view.document("policy", name),
            )
