"""What the names of environments and privacy levels say."""

from __future__ import annotations

from collections.abc import Sequence


def is_production(name: str) -> bool:
    """Whether an environment's name says that it is the real one."""
    return any(part in ("prod", "production", "live") for part in name.split("-"))


def sensitive_rank(levels: Sequence[str]) -> int:
    """The rank of the first level that counts as confidential: the one of that name, else the upper half."""
    return levels.index("confidential") if "confidential" in levels else max(1, len(levels) // 2)
