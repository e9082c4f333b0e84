"""Markdown that survives foreign text: cells are escaped, tables and folds are built in one place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pxctl.report.text import Cell, Table, cell_text, one_line

_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\`*_[]|~"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "@\u200b"})
_LINKED = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=#)(?=\d)|(?<=^#)|(?<=GH-)(?=\d)", re.IGNORECASE)
"""Where GitHub would make a link, and where a line would become a heading."""
_LEADING = re.compile(r"^(?=[-+]\s)|(?<=^\d)(?=[.)]\s)")


def plain(text: str) -> str:
    """Text that renders as itself: no markup, no mentions, no links, no formulas, one line."""
    shown = _LINKED.sub("\u200b", one_line(text))
    if shown.count("$") > 1:
        shown = shown.replace("$", "\ue000")
    return _LEADING.sub(r"\\", shown.translate(_SPECIAL)).replace("\ue000", "\\$")


def code(text: str) -> str:
    """Text in a code span, whatever it holds."""
    inner = one_line(text)
    if "`" not in inner:
        return f"`{inner}`"
    fence = "`" * (1 + max(len(run) for run in re.findall("`+", inner)))
    return f"{fence} {inner} {fence}"


def table(value: Table, codes: Sequence[int] = ()) -> str:
    """A table; the columns in `codes` are shown as code."""

    def row(cells: Sequence[Cell]) -> str:
        shown = [
            code(cell_text(c)).replace("|", "\\|") if i in codes and cell_text(c) else plain(cell_text(c))
            for i, c in enumerate(cells)
        ]
        return "| " + " | ".join(shown) + " |"

    head = "| " + " | ".join(plain(h) or " " for h in value.headers) + " |"
    rule = "|" + "|".join("---:" if i in value.right else "---" for i in range(len(value.headers))) + "|"
    return "\n".join([head, rule, *(row(cells) for cells in value.rows)]) + "\n"


def fold(summary: str, body: str) -> str:
    """A part that is closed until somebody opens it."""
    return f"<details><summary>{plain(summary)}</summary>\n\n{body.rstrip()}\n\n</details>\n"
