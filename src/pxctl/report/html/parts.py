"""Pieces of pages: cards, tables, bars, chains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from pxctl.report.html.style import GREY
from pxctl.report.text import Cell, Table, cell_text

_CLASSES = {"green": "good", "red": "bad", "bold red": "bad", "yellow": "warn", "dim": "soft"}


def cards(figures: Iterable[tuple[str, str]]) -> str:
    """Figures to be seen first."""
    return f'<div class="cards">{"".join(f"<div class=card><b>{escape(v)}</b><span>{escape(k)}</span></div>" for k, v in figures)}</div>'  # noqa: E501 - one line of HTML


def table(value: Table, codes: Sequence[int] = (0,)) -> str:
    """A table; the columns in `codes` are shown as code, styled cells as tags."""
    head = "".join(f"<th{_numeric(i, value)}>{escape(h)}</th>" for i, h in enumerate(value.headers))
    rows = "".join(
        "<tr>" + "".join(f"<td{_numeric(i, value)}>{_cell(c, i in codes)}</td>" for i, c in enumerate(row)) + "</tr>"
        for row in value.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _numeric(column: int, value: Table) -> str:
    return ' class="n"' if column in value.right else ""


def _cell(cell: Cell, code: bool) -> str:
    text = escape(cell_text(cell))
    if isinstance(cell, tuple) and cell[1] in _CLASSES:
        style = _CLASSES[cell[1]]
        return f'<span class="soft">{text}</span>' if style == "soft" else f'<span class="tag {style}">{text}</span>'
    return f"<code>{text}</code>" if code and text else text


def shares(counts: Mapping[str, int], colours: Mapping[str, str], whole: int, most: int = 12) -> str:
    """Counts as bars."""
    rows = []
    for name, count in list(counts.items())[:most]:
        part = 100 * count / whole if whole else 0
        rows.append(
            f"<tr><td><code>{escape(name)}</code></td><td class=n>{count:,}</td><td class=n>{part:.1f} %</td>"
            f'<td style="width:40%"><div class="bar"><i style="width:{part:.2f}%;'
            f'background:{colours.get(name, GREY)}"></i></div></td></tr>'
        )
    more = len(counts) - most
    if more > 0:
        rows.append(f'<tr><td class="soft" colspan="4">and {more:,} more</td></tr>')
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def chain(path: str) -> str:
    """`a → b → c` as boxes: failed calls, and who answered."""
    names = path.split(" → ")
    boxes = [f'<code class="x">{escape(name)}</code>' for name in names[:-1]]
    kind = "x" if names[-1] == "nobody" else "ok"
    return f'<span class="chain">{"→".join([*boxes, f"<code class={kind}>{escape(names[-1])}</code>"])}</span>'


def panel(title: str, body: str) -> str:
    """A titled box."""
    return f'<section class="panel"><h3>{escape(title)}</h3>{body}</section>'
