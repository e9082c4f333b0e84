"""The slow tier and the authority: a text's value, the place of everything in it, and what is wrong with it.

Readers of events give values and places; a judge of another family confirms what they read. A text counts as good only
if a reader and the judge agree, and as broken as soon as the judge refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pxctl.load.yaml_composer import Composer
from pxctl.load.yaml_events import feed, libyaml, ruamel
from pxctl.load.yaml_judge import disagreement, judge
from pxctl.load.yaml_places import NOWHERE, Composed, Place, Problem

__all__ = ["NOWHERE", "Composed", "Place", "Problem", "compose"]

MAX_RUAMEL = 128 * 1024
"""Characters that ruamel.yaml is asked to read; it takes half a second for as many."""


def compose(text: str) -> Composed:
    """Read one text. Never raises for what the text says; `problems` says what is wrong."""
    if text.endswith("\n"):
        return _composed(text)
    read = _composed(text + "\n")  # on a last line without an end readers differ
    read.problems[:] = [replace(problem, place=_within(text, problem.place)) for problem in read.problems]
    return read


def _within(text: str, place: Place) -> Place:
    """The place, or the end of the text where it is on a line that the text does not have."""
    last = text.count("\n") + 1
    if place.line <= last:
        return place
    column = len(text) - text.rfind("\n")
    return Place(last, column, last, column, len(text), len(text))


def _composed(text: str) -> Composed:
    first: Composed | None = None
    for reading in _readings(text):
        if reading.problems and reading.problems[-1].code != "PX0001":
            return reading  # this is YAML; what is wrong is said
        if not reading.problems:
            value, refused = judge(text)
            objection = refused or disagreement(reading, value)
            if objection is None:
                return reading
            reading.problems.append(objection)
            if refused:
                return reading
        first = first or reading
    return first or Composed()


def _readings(text: str) -> Iterator[Composed]:
    """Readings of one text, fastest first. libyaml sees blanks for what is a line break to YAML 1.1 alone; its second
    reading is of blanks for tabs that nothing follows, which YAML 1.2 does not mind and event readers do. Where any of
    this says something, as in a block of text, the judge objects to the reading."""
    lines = text.translate(_OLD_BREAKS)
    yield feed(Composer(), text, libyaml(lines))
    tidy = _IDLE.sub(lambda blank: blank[0].replace("\t", " "), lines)
    if tidy != lines:
        yield feed(Composer(), text, libyaml(tidy))
    if len(text) <= MAX_RUAMEL:
        yield feed(Composer(), text, ruamel(text))


_IDLE = re.compile(r"(?<![ \t])[ \t]++(?=#|\r?\n|\Z)")
_OLD_BREAKS = dict.fromkeys((0x85, 0x2028, 0x2029), " ")
