"""A third reader, of another family, has the last word on whether a text is YAML 1.2 and what it says.

Event readers take some broken texts for good ones and read a few otherwise than the specification. What the compiled
loader of the fast tier refuses is refused, and a text on which readers differ is nobody's configuration.
"""

from __future__ import annotations

import re
from typing import Any

from pxctl.load.yaml_places import NOWHERE, Composed, Place, Problem, syntax_hint
from pxctl.model.document import Path

_PLACE = re.compile(r"line ([0-9]+), column ([0-9]+)")


def judge(text: str) -> tuple[Any, Problem | None]:
    """The value of a text, or why it is not YAML. The text must be known to be within the bounds: the compiled loader
    has none of its own on nesting in blocks."""
    import yaml_rs

    try:
        return yaml_rs.loads(text, parse_datetime=False), None
    except ValueError as error:
        return None, _refused(text, str(error))


def disagreement(composed: Composed, value: Any) -> Problem | None:
    """What a reading says otherwise than the judge's value."""
    path = difference(composed.value, value)
    if path is None:
        return None
    place = composed.values.get(path, NOWHERE)
    return Problem("PX0001", "YAML readers do not agree on what this says", place, "write it in quotes", path)


def difference(ours: Any, theirs: Any) -> Path | None:
    """Where two readings of a text differ in structure or in text. What a plain word means is ours to say."""
    here: list[tuple[Path, Any, Any]] = [((), ours, theirs)]
    while here:
        path, a, b = here.pop()
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return path
            here.extend(((*path, key), value, b[key]) for key, value in a.items())
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return path
            here.extend(((*path, i), value, b[i]) for i, value in enumerate(a))
        elif (
            isinstance(a, (dict, list))
            or isinstance(b, (dict, list))
            or (isinstance(a, str) and isinstance(b, str) and a != b)
        ):
            return path
    return None


def _refused(text: str, said: str) -> Problem:
    first, *_rest = lines = said.splitlines() or ["the text is not YAML"]
    found = _PLACE.search(first)
    place = NOWHERE
    if found:
        line, column = int(found[1]), int(found[2])
        place = Place(line, column, line, column, 0, 0)
    return Problem("PX0001", lines[-1][:300], place, syntax_hint(text, place))
