"""Names of theirs as ids of ours."""

from __future__ import annotations

import re
from collections.abc import Container


def slug(text: str, limit: int = 63) -> str:
    """Kebab-case: letters and digits, joined by single dashes; `x` where nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:limit].strip("-") or "x"


def free(wanted: str, taken: Container[str]) -> str:
    """The wanted id, or the first of `wanted-2`, `wanted-3`, ... that is free."""
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted[:58]}-{number}" in taken:
        number += 1
    return f"{wanted[:58]}-{number}"


def model_id(name: str) -> str:
    """A model's name without what our ids cannot hold: white space and `@`."""
    return re.sub(r"[\s@]+", "-", name)[:200].strip("-") or "x"
