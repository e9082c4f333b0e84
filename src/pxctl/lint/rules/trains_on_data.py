"""A provider that trains on data may see more than the lowest privacy level.

Why: what trained a model can come out of it, for anybody.

Example:
    compliance: {privacy_max: internal, training_on_data: true}

Fix: lower privacy_max, or sign another contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0618"
FAMILY = "governance"
SEVERITY = Severity.WARNING
SCOPE = "provider"


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    compliance = provider.compliance
    if compliance.training_on_data and view.privacy_rank.get(compliance.privacy_max or "", 0) > 0:
        message = f"it trains on data and may see `{compliance.privacy_max}` data"
        yield Hit(message, ("compliance", "training_on_data"), "lower privacy_max")
