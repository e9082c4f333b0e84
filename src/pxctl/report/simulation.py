"""Whatever `pxctl simulate` came to, in whichever form it is asked for."""

from __future__ import annotations

from typing import Any

from pxctl.model.comparison import Comparison, OutcomeReport, SimulationSet
from pxctl.model.replay import ReplayReport
from pxctl.report.comparison import comparison_text, outcomes_text, set_text
from pxctl.report.markup import plain, table
from pxctl.report.replay import replay_text
from pxctl.report.replay_markdown import replay_markdown
from pxctl.report.text import Table

Result = ReplayReport | SimulationSet | Comparison | OutcomeReport


def as_text(value: Result) -> list[Any]:
    """For the terminal."""
    if isinstance(value, ReplayReport):
        return replay_text(value)
    if isinstance(value, SimulationSet):
        return set_text(value)
    return comparison_text(value) if isinstance(value, Comparison) else outcomes_text(value)


def as_markdown(value: Result) -> str:
    """For a page or a comment."""
    if isinstance(value, ReplayReport):
        return replay_markdown(value)
    if isinstance(value, SimulationSet) and len(value.runs) == 1:
        return replay_markdown(value.runs[0])
    parts = []
    for part in as_text(value):
        if isinstance(part, Table):
            parts.append(table(part, codes=(0,)))
        elif part:
            text = part if isinstance(part, str) else part[0]
            parts.append(("## " if not parts else "") + plain(text) + "\n")
    return "\n".join(parts)


def as_html(value: Result) -> str:
    """One self-contained page."""
    from pxctl.report.html.simulation import page

    return page(value)
