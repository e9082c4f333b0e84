"""The policy has no `safe_mode` block.

Why: in safe mode only allow-listed deployments may be chosen; without a list every request is refused.

Example:
    name: default
    routes: [...]

Fix: add `safe_mode: {allow: [...]}` with the deployments that you trust most.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0523"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    live = sum(provider.enabled and provider.status == "active" for provider in view.config.providers.values())
    if policy.safe_mode is None and live > 1:
        yield Hit(f"policy `{policy.name}` allows nothing in safe mode", ("name",), "add `safe_mode: {allow: [...]}`")
