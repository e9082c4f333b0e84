"""A replay or simulation as markdown."""

from __future__ import annotations

from pxctl.model.replay import ReplayReport
from pxctl.report.markup import plain, table
from pxctl.report.replay import headline, overview, replay_text
from pxctl.report.text import Table


def replay_markdown(report: ReplayReport) -> str:
    """The same facts as on the terminal, under a heading."""
    parts = [f"## {plain(headline(report))}\n"]
    if report.description:
        parts.append(plain(report.description) + "\n")
    parts.append(table(Table(("figure", "value"), list(overview(report)), right=frozenset({1}))))
    for part in replay_text(report)[3:]:
        if isinstance(part, Table):
            first = part.headers[0]
            headers = (first, *(part.headers[1:]))
            parts.append(table(Table(headers, part.rows, right=part.right), codes=(0,)))
        elif part:
            parts.append(plain(part) + "\n")
    return "\n".join(parts)
