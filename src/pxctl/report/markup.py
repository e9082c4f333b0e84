"""Markdown that survives foreign text: cells are escaped, tables and folds are built in one place."""

from __future__ import annotations

from collections.abc import Sequence

from pxctl.report.text import Cell, Table, cell_text, one_line

_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\`*_[]|~"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "@\u200b"})


def plain(text: str) -> str:
    """Text that renders as itself: no markup, no mentions, one line."""
    return one_line(text).translate(_SPECIAL)


def code(text: str) -> str:
    """Text in a code span; safe for table cells."""
    inner = one_line(text).replace("|", "\\|")
    fence = "``" if "`" in inner else "`"
    return f"{fence} {inner} {fence}" if "`" in inner else f"{fence}{inner}{fence}"


def table(value: Table, codes: Sequence[int] = ()) -> str:
    """A table; the columns in `codes` are shown as code."""

    def row(cells: Sequence[Cell]) -> str:
        shown = [
            code(cell_text(c)) if i in codes and cell_text(c) else plain(cell_text(c)) for i, c in enumerate(cells)
        ]
        return "| " + " | ".join(shown) + " |"

    head = "| " + " | ".join(plain(h) or " " for h in value.headers) + " |"
    rule = "|" + "|".join("---:" if i in value.right else "---" for i in range(len(value.headers))) + "|"
    return "\n".join([head, rule, *(row(cells) for cells in value.rows)]) + "\n"


def fold(summary: str, body: str) -> str:
    """A part that is closed until somebody opens it."""
    return f"<details><summary>{plain(summary)}</summary>\n\n{body.rstrip()}\n\n</details>\n"
