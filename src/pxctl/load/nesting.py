"""How deep a value is nested."""

from __future__ import annotations

from typing import Any

from pxctl.load.bounds import MAX_DEPTH


def depth(value: Any) -> int:
    """Levels of nesting, counted without recursion; stops one past the bound."""
    level, here = 0, [value]
    while here and level <= MAX_DEPTH:
        here = [
            child
            for node in here
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
        level += 1
    return level
