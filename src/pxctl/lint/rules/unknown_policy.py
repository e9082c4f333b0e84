"""A tenant, guarantee or scenario names a policy that does not exist.

Why: every request of such a tenant is an error; a guarantee over no policy proves nothing.

Example:
    - {id: acme, tier: gold, business_line: retail, region: eu, privacy_max: internal, policy: regulted}

Fix: name a policy that has a file under routing-policies/.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0105"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    known = view.config.policies
    if "policy" in view.broken_kinds:
        return
    for id_, tenant in view.config.tenants.items():
        if tenant.policy is not None and tenant.policy not in known:
            at = (*view.path_of("tenant", id_), "policy")
            message = f"there is no policy `{tenant.policy}`"
            yield Hit(message, at, meant(tenant.policy, known.keys()), document=view.document("tenant", id_))
    for guarantee in view.config.guarantees:
        for i, name in enumerate(guarantee.policies):
            if name not in known:
                at = (*view.path_of("guarantee", guarantee.name), "policies", i)
                document = view.document("guarantee", guarantee.name)
                yield Hit(f"there is no policy `{name}`", at, meant(name, known.keys()), document=document)
    for name, scenario in view.config.scenarios.items():
        override = scenario.policy_override
        if override is not None and override not in known:
            hint = meant(override, known.keys())
            yield Hit(
                f"there is no policy `{override}`", ("policy_override",), hint, document=view.document("scenario", name)
            )
