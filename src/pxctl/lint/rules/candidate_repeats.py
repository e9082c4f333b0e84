"""A candidate means only deployments that an earlier candidate of the list already means.

Why: the first mention counts: this one, and its weight, do nothing.

Example:
    candidates: [openai-main/gpt-4.1, openai-main/gpt-4.1@eu]

Fix: remove it, or put the narrower one first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Change, Hit
from pxctl.lint.view import View, route_references
from pxctl.model.document import Path
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.routing import Policy

CODE = "PX0522"
FAMILY = "routes"
SEVERITY = Severity.WARNING
SCOPE = "policy"
FIXABLE = True


def check(policy: Policy, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for r, route in enumerate(policy.routes):
        lists: dict[Path, set[str]] = {}
        for reference in route_references(route, ("routes", r)):
            if reference.role == "fallback":
                continue
            depth = -1 if isinstance(reference.path[-1], int) else -2
            seen = lists.setdefault(reference.path[:depth], set())
            ids = {d.id for d in view.expand(reference.text)}
            if ids and ids <= seen:
                at = reference.path
                change = Change("remove", at) if depth == -1 else None
                yield Hit(
                    f"`{reference.text}` is among the candidates before it already", at, "remove it", change=change
                )
            seen |= ids
