"""What reading one YAML text gives: its value, the place of every value and key, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pxctl.core.lines import line
from pxctl.core.span import Span
from pxctl.model.document import Path


class Place(NamedTuple):
    """1-based line and column of the start and the end (exclusive), and both as offsets into the text."""

    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int

    def span(self, file: str) -> Span:
        """The same place as a Span."""
        return Span(file, self.line, self.column, self.end_line, self.end_column)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a text, before anybody asks what it means."""

    code: str
    message: str
    place: Place
    hint: str | None = None
    path: Path = ()
    fatal: bool = True
    """Whether the values are worth nothing afterwards."""


@dataclass(slots=True)
class Composed:
    """The value of a text, the place of each value and key, and what was wrong."""

    value: Any = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    styles: dict[Path, str] = field(default_factory=dict)
    """How a collection is written: `flow` or `block`; scalars: their quote, or empty."""


NOWHERE = Place(1, 1, 1, 1, 0, 0)


def syntax_hint(text: str, place: Place) -> str:
    """The way out of a place at which a text is not YAML."""
    if "\t" in (line(text, place.line) or "")[: place.column]:
        return "write blanks instead of the tab"
    return "quote text that holds `: `, ` #` or starts with a sign"


def directive(place: Place) -> Problem:
    """The refusal of a directive."""
    return Problem("PX0004", "a directive (`%...`) is not allowed", place, "remove the line")
