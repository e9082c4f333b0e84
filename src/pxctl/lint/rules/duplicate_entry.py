"""A list of a provider names the same thing twice: a capability, a language, a fallback model, a region of data, a
suite, a tenant.

Why: the second mention does nothing, and one of the two was most likely meant to be something else.

Example:
    fallback_models: [gpt-4.1-nano, gpt-4.1-nano]

Fix: remove it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxctl.lint.base import Change, Hit
from pxctl.lint.view import View
from pxctl.model.document import Path
from pxctl.model.finding import Severity

if TYPE_CHECKING:
    from pxctl.model.provider import Provider

CODE = "PX0414"
FAMILY = "models"
SEVERITY = Severity.WARNING
SCOPE = "provider"
FIXABLE = True


def check(provider: Provider, view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    lists: list[tuple[Path, tuple[str, ...]]] = [
        (("fallback_models",), provider.fallback_models),
        (("compliance", "data_regions"), provider.compliance.data_regions),
        (("validation", "suites"), provider.validation.suites),
        (("tenants", "allow"), provider.tenants.allow),
        (("tenants", "deny"), provider.tenants.deny),
    ]
    for i, model in enumerate(provider.models):
        lists.append((("models", i, "capabilities"), model.capabilities))
        lists.append((("models", i, "languages"), model.languages))
    for path, values in lists:
        if len(set(values)) == len(values):
            continue
        seen: set[str] = set()
        for n, value in enumerate(values):
            if value in seen:
                at = (*path, n)
                yield Hit(f"`{value}` stands twice in {path[-1]}", at, "remove it", change=Change("remove", at))
            seen.add(value)
