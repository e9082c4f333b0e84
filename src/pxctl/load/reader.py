"""One file: bytes to values, by the fast tier where loaders cannot differ, else by the slow one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pxctl.core.digest import blob_id
from pxctl.core.span import Span
from pxctl.load.json_text import load_json
from pxctl.load.text import decode
from pxctl.load.yaml_fast import NotPlainError, load_plain
from pxctl.load.yaml_places import Composed, Problem
from pxctl.model.document import Document


class Locator:
    """Finds places in one text; reads it slowly the first time that somebody asks."""

    __slots__ = ("_composed", "_file", "_json", "_text")

    def __init__(self, file: str, text: str, composed: Composed | None = None) -> None:
        self._file, self._text, self._composed = file, text, composed
        self._json = file.endswith(".json")

    @property
    def composed(self) -> Composed:
        """The text, read with positions."""
        if self._composed is None:
            self._composed = _slowly(self._text, self._json)
        return self._composed

    def __call__(self, path: Sequence[str | int], key: bool = False) -> Span | None:
        """The place of the value (or the key) at `path`."""
        if self._composed is None and len(path) == 1 and not self._json:
            found = _top_level(self._file, self._text, str(path[0]), key)
            if found is not None:
                return found
        places = self.composed.keys if key else self.composed.values
        place = places.get(tuple(path))
        return None if place is None else place.span(self._file)


def _slowly(text: str, json: bool = False) -> Composed:
    """The text with positions, by the tier that few files need."""
    from pxctl.load.json_places import positions
    from pxctl.load.yaml_positions import compose

    return positions(text) if json else compose(text)


def _top_level(file: str, text: str, name: str, key: bool) -> Span | None:
    """The place of a field at the left margin, or of its value where that is plain and on the same line, without
    reading the whole text; None where this is not certain."""
    if not name.isidentifier() or "\r" in text or text.count(f"\n{name}:") + text.startswith(f"{name}:") != 1:
        return None
    start = 0 if text.startswith(f"{name}:") else text.index(f"\n{name}:") + 1
    line = text.count("\n", 0, start) + 1
    if key:
        return Span(file, line, 1, line, len(name) + 1)
    match = _PLAIN_VALUE.match(text, start + len(name) + 1)
    if match is None:
        return None
    return Span(file, line, match.start(1) - start + 1, line, match.end(1) - start + 1)


_PLAIN_VALUE = re.compile(r"[ ]+([A-Za-z0-9_./-]+)[ ]*(?:#[^\n]*)?(?:\n(?=[A-Za-z#])|\Z)")


def read_text(file: str, text: str) -> tuple[Any, Composed | None, list[Problem]]:
    """The value of a text, its positions where they were read, and what is wrong."""
    if file.endswith(".json"):
        value, problem = load_json(text)
        return value, None, [problem] if problem else []
    try:
        return load_plain(text), None, []
    except NotPlainError:
        composed = _slowly(text)
        return composed.value, composed, composed.problems


def read(file: str, kind: str, data: bytes) -> tuple[Document, list[Problem]]:
    """A file's bytes as a Document, and what is wrong with it before its meaning is looked at."""
    text, problem = decode(data)
    if problem is not None:
        return Document(file, kind, text, None, blob_id(data)), [problem]
    value, composed, problems = read_text(file, text)
    return Document(file, kind, text, value, blob_id(data), Locator(file, text, composed)), problems
