"""Plain text for people: tables as values, aligned columns, plurals, quantities."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

Cell = str | tuple[str, str]
"""A text, or a text and its style (`green`, `bold red`, `dim`; shown on terminals alone)."""


@dataclass(frozen=True)
class Table:
    """Rows under headers; the columns in `right` (0-based) are aligned right, as numbers are."""

    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    title: str = ""
    right: frozenset[int] = field(default_factory=frozenset)


def cell_text(cell: Cell) -> str:
    """The text of a cell, without its style."""
    return cell if isinstance(cell, str) else cell[0]


def width(text: str) -> int:
    """Columns that a text takes on a terminal: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(bool(unicodedata.combining(c)) for c in text)


def columns(table: Table) -> str:
    """The table as aligned lines, without frame, never cut: for pipes, logs and files."""
    grid = [[*table.headers], *([one_line(cell_text(cell)) for cell in row] for row in table.rows)]
    if not any(table.headers):
        grid = grid[1:]
    count = max((len(row) for row in grid), default=0)
    widths = [max((width(row[i]) for row in grid if i < len(row)), default=0) for i in range(count)]
    lines = [table.title] if table.title else []
    for row in grid:
        cells = []
        for i, text in enumerate(row):
            pad = " " * (widths[i] - width(text))
            cells.append(pad + text if i in table.right else text + pad)
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def one_line(text: str) -> str:
    """The text with line breaks as spaces and control characters visible, so that a cell stays a cell."""
    return "".join(c if c.isprintable() else " " if c in "\r\n\t" else "\ufffd" for c in text)


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 file`, `1,204 files`, `2 policies` (`many` where an `s` is not enough)."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def percent(part: float, whole: float) -> str:
    """A share with one decimal; `-` of nothing; never rounded to 0 or 100 unless it is that."""
    if not whole:
        return "-"
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "<0.1 %"
    if 99.9 < share < 100:
        return ">99.9 %"
    return f"{share:.1f} %"


def moment(when: datetime) -> str:
    """A moment as people read it, in UTC, to the second: `2026-11-01 10:00:00Z`."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def listing(items: Iterable[str], most: int = 5) -> str:
    """`a, b, c and 4 more`."""
    names = list(items)
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most:,} more"


def duration(seconds: float) -> str:
    """`340 ms`, `4.2 s`, `3 m 20 s`, `2 h 5 m`, `3 d 4 h`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} m {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} m" if hours < 24 else f"{hours // 24} d {hours % 24} h"
