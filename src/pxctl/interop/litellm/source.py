"""A LiteLLM file as text with places: alone, or wrapped in a Kubernetes ConfigMap."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pxctl.core.span import Span
from pxctl.load.lenient import compose_lenient
from pxctl.load.yaml_positions import Composed, Place, Problem
from pxctl.model.document import Path

MARKS = ("model_list", "router_settings", "litellm_settings", "general_settings")
"""A mapping with one of these is a LiteLLM configuration."""


@dataclass
class Source:
    """The configuration's value, where each part stands in the file, and what the reader had to say."""

    file: str
    value: Any
    composed: Composed
    problems: list[Problem] = field(default_factory=list)
    wrapped: str | None = None
    documents: int = 1
    lines: int = 0
    indent: int = 0

    def span(self, path: Path, key: bool = False) -> Span:
        """The place of a value (or of its key), or of the nearest value around it."""
        steps = tuple(path)
        while True:
            place = self.composed.keys.get(steps) if key else self.composed.values.get(steps)
            if place is None:
                place = self.composed.values.get(steps) or self.composed.keys.get(steps)
            if place is not None:
                return self.shift(place).span(self.file)
            if not steps:
                return Span(self.file, 1, 1)
            steps = steps[:-1]

    def shift(self, place: Place) -> Place:
        """A place in the wrapped text as a place in the file."""
        if not self.lines:
            return place
        return Place(
            place.line + self.lines,
            place.column + self.indent,
            place.end_line + self.lines,
            place.end_column + self.indent,
            place.start,
            place.end,
        )


def open_source(text: str, file: str) -> Source:
    """Read a file as LiteLLM would. Never raises for what it says."""
    documents = compose_lenient(text)
    if not documents:
        return Source(file, None, Composed(), documents=0)
    for document in documents:
        if isinstance(document.value, dict) and any(mark in document.value for mark in MARKS):
            return Source(file, document.value, document, document.problems, documents=len(documents))
    for document in documents:
        found = _unwrap(text, file, document)
        if found is not None:
            return found
    first = documents[0]
    return Source(file, first.value, first, first.problems, documents=len(documents))


def _unwrap(text: str, file: str, outer: Composed) -> Source | None:
    """The configuration inside a ConfigMap (or a Secret's `stringData`), if that is what this is."""
    value = outer.value
    if not isinstance(value, dict) or value.get("kind") not in ("ConfigMap", "Secret"):
        return None
    for section in ("data", "stringData"):
        entries = value.get(section)
        for name, inner in entries.items() if isinstance(entries, dict) else ():
            if not isinstance(inner, str):
                continue
            documents = compose_lenient(inner)
            if not documents or not isinstance(documents[0].value, dict):
                continue
            if any(mark in documents[0].value for mark in MARKS):
                return _shifted(text, file, outer, (section, name), documents[0], name)
    return None


def _shifted(text: str, file: str, outer: Composed, path: Path, inner: Composed, name: str) -> Source:
    place = outer.values.get(path)
    source = Source(file, inner.value, inner, [*outer.problems], wrapped=name)
    if place is not None and outer.styles.get(path) == "|":
        lines = text.splitlines()
        source.lines = place.line
        body = next((line for line in lines[place.line :] if line.strip()), "")
        source.indent = len(body) - len(body.lstrip(" "))
    source.problems += [
        Problem(one.code, one.message, source.shift(one.place), one.hint, one.path, one.fatal) for one in inner.problems
    ]
    return source
