"""A provider may see confidential data, and the file does not say what its contract permits.

Why: auditors ask where data goes, how long it stays and whether it trains models; so do guarantees.

Example:
    compliance: {privacy_max: confidential}

Fix: add data_regions, retention_days and training_on_data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.environments import sensitive_rank
from pxctl.lint.view import View
from pxctl.model.base import NO_SECRET_KINDS
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0617"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if provider.kind in NO_SECRET_KINDS:
        return  # our own machine: there is no contract
    compliance = provider.compliance
    rank = view.privacy_rank.get(compliance.privacy_max or "", -1)
    if rank < sensitive_rank(view.config.project.privacy_levels) or not provider.enabled or provider.status == "draft":
        return
    missing = [name for name in ("retention_days", "training_on_data") if getattr(compliance, name) is None]
    missing += [] if compliance.data_regions else ["data_regions"]
    if missing:
        message = f"it may see `{compliance.privacy_max}` data, and does not state {', '.join(missing)}"
        yield Hit(message, ("compliance",), "add what the contract says", key=True)
