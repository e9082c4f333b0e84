"""A fallback cannot serve a modality that the route names, or none of those that its candidates serve.

Why: when the candidates fail, these requests are refused although the route seems to have a fallback.

Example:
    - {name: vision, match: {modality: [vision]}, candidates: [azure-eu/gpt-4.1], fallbacks: [ollama-local/llama3.2]}

Fix: name a fallback of the same modality.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.eligible import serves
from pxctl.lint.view import View
from pxctl.model.base import MODALITIES
from pxctl.model.candidate import candidate_text
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0509"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        candidates = view.expand_all([candidate_text(item) for item in route.candidates])
        wanted = {m for m in route.match.modality or MODALITIES if any(serves(d, m) for d in candidates)}
        for i, text in enumerate(route.fallbacks):
            deployments = view.expand(text)
            if not deployments or not wanted:
                continue
            missing = sorted(m for m in wanted if not any(serves(d, m) for d in deployments))
            if missing and (route.match.modality is not None or len(missing) == len(wanted)):
                yield Hit(
                    f"`{text}` cannot serve {', '.join(missing)}",
                    ("routes", r, "fallbacks", i),
                    "name another fallback",
                )
