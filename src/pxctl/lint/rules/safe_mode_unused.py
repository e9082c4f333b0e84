"""Safe mode allows a deployment that no route of the policy names.

Why: safe mode only narrows what routes choose; this entry is never chosen.

Example:
    safe_mode: {allow: [ollama-local/llama3.2]}
    routes: [{name: all, match: {}, candidates: [openai-main]}]

Fix: name it as a candidate or fallback of a route, or remove it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Hit
from pxctl.lint.view import View, route_references
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0525"
FAMILY = "routes"
SEVERITY = Severity.INFO
SCOPE = "policy"


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if policy.safe_mode is None:
        return
    named = {
        d.id
        for r, route in enumerate(policy.routes)
        for reference in route_references(route, ("routes", r))
        for d in view.expand(reference.text)
    }
    for i, text in enumerate(policy.safe_mode.allow):
        ids = {d.id for d in view.expand(text)}
        if ids and not ids & named:
            yield Hit(f"no route names `{text}`", ("safe_mode", "allow", i), "name it in a route, or remove it")
