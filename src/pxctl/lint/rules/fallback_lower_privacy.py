"""A route names privacy levels that a fallback may not see, though every candidate may.

Why: when the candidates fail, these requests are refused although the route seems to have a fallback.

Example:
    - name: restricted
      match: {privacy: [restricted]}
      candidates: [azure-eu/gpt-4.1]              # privacy_max: restricted
      fallbacks: [openai-main/gpt-4.1@eu]         # privacy_max: confidential

Fix: name a fallback whose compliance.privacy_max is high enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.eligible import privacy_ceiling
from pxctl.lint.view import View
from pxctl.model.candidate import candidate_text
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0511"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        ranks = [view.privacy_rank[level] for level in route.match.privacy or () if level in view.privacy_rank]
        candidates = view.expand_all([candidate_text(item) for item in route.candidates])
        if not ranks or not candidates or min(privacy_ceiling(view, d.provider) for d in candidates) < max(ranks):
            continue
        for i, text in enumerate(route.fallbacks):
            deployments = view.expand(text)
            if deployments and max(privacy_ceiling(view, d.provider) for d in deployments) < max(ranks):
                level = view.config.project.privacy_levels[max(ranks)]
                yield Hit(
                    f"`{text}` may not see `{level}` data", ("routes", r, "fallbacks", i), "name another fallback"
                )
