"""Lines of a text by number, where lines end as YAML's do: LF, CRLF or CR alone."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

_END = re.compile(r"\r\n?|\n")


@lru_cache(maxsize=8)
def starts(text: str) -> tuple[int, ...]:
    """The offset at which each line starts. Kept for the last texts: findings of one file ask for it one by one."""
    return (0, *(match.end() for match in _END.finditer(text)))


def line(text: str, number: int) -> str | None:
    """A line without its end, by 1-based number; None where there is none."""
    known = starts(text)
    if not 1 <= number <= len(known):
        return None
    end = known[number] if number < len(known) else len(text)
    return text[known[number - 1] : end].rstrip("\r\n")


def offset(text: str, number: int, column: int) -> int:
    """The offset of a 1-based line and column; the end of the text for what lies behind it."""
    known = starts(text)
    return min(known[number - 1] + column - 1, len(text)) if 1 <= number <= len(known) else len(text)


def position(text: str, at: int) -> tuple[int, int]:
    """The 1-based line and column of an offset."""
    number = bisect_right(starts(text), at)
    return number, at - starts(text)[number - 1] + 1
