"""From a reader's events to a value, with bounds before anything is composed.

The dialect is YAML 1.2 with the core schema, one document a file, text keys, no tags, no merge keys, no duplicate keys.
Anchors and aliases are allowed within the bounds. Composing is ours, because what it refuses is the point.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

from pxctl.load.bounds import MAX_ALIASES, MAX_DEPTH, MAX_FAULTS, MAX_NODES, TOO_MANY
from pxctl.load.yaml_places import Composed, Place, Problem, directive
from pxctl.load.yaml_scalars import BadNumberError, plain
from pxctl.model.document import Path


class StopError(Exception):
    """Reading ends here; the last problem says why."""


class Size(NamedTuple):
    """How many values a node holds, itself included, and how many levels, aliases written out."""

    nodes: int
    height: int


LEAF = Size(1, 0)


@dataclass(slots=True)
class _Open:
    """A collection that is being filled."""

    value: Any
    path: Path
    start: Any
    key: Any = None
    has_key: bool = False
    anchor: str | None = None
    nodes: int = 1
    height: int = 1
    seen: dict[str, Place] = field(default_factory=dict)


class Composer:
    """Takes the events of PyYAML or ruamel.yaml, which are alike, one by one; `out` is what they make."""

    def __init__(self) -> None:
        self.out = Composed()
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, Size] | None] = {}
        self.aliases = 0
        self.nodes = 0
        self.documents = 0

    def problem(self, code: str, message: str, event: Any, hint: str | None = None, fatal: bool = True) -> None:
        """Note what is wrong with an event."""
        path = self.stack[-1].path if self.stack else ()
        place = place_of(event.start_mark, event.end_mark)
        if len(self.out.problems) >= MAX_FAULTS:
            self.out.problems.append(Problem("PX0006", TOO_MANY, place, "mend these first"))
            raise StopError
        self.out.problems.append(Problem(code, message, place, hint, path, fatal))

    def stop(self, code: str, message: str, event: Any, hint: str | None = None) -> NoReturn:
        """Note what is wrong, and read no further."""
        self.problem(code, message, event, hint)
        raise StopError

    def feed(self, event: Any) -> None:
        """Take one event. Raises StopError where reading must end."""
        name = type(event).__name__
        if name == "ScalarEvent":
            self.scalar(event)
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            self.open(event, name == "MappingStartEvent")
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            self.close(event)
        elif name == "AliasEvent":
            self.alias(event)
        elif name == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                self.stop("PX0005", "a second document starts here", event, "write one document a file")
            if event.version or event.tags:
                self.out.problems.append(directive(place_of(event.start_mark, event.end_mark)))

    def next_path(self) -> Path | None:
        """Where the next node goes; None when it is a key."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            return (*top.path, len(top.value))
        return (*top.path, top.key) if top.has_key else None

    def tag(self, event: Any) -> None:
        """Refuse a tag."""
        tag = event.ctag if hasattr(event, "ctag") else event.tag
        if tag is not None:
            text = str(tag).replace("tag:yaml.org,2002:", "!!")
            self.problem(
                "PX0004",
                f"the tag `{text[:40]}` is not allowed",
                event,
                "remove it; quote text that looks like a number",
            )

    def scalar(self, event: Any) -> None:
        """A key, or a value."""
        self.tag(event)
        path = self.next_path()
        place = place_of(event.start_mark, event.end_mark)
        if path is None:
            self.key(event, place)
            return
        value: Any = event.value
        if not event.style:
            try:
                value = plain(event.value)
            except BadNumberError as error:
                self.problem("PX0006", str(error), event, "quote it if it is text", fatal=True)
                value = None
        self.out.styles[path] = event.style or ""
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, LEAF)
        self.count(1, place)
        self.put(path, value, place, 1, 0)

    def key(self, event: Any, place: Place) -> None:
        """A key of the innermost mapping."""
        top = self.stack[-1]
        text = event.value
        if event.anchor is not None:
            self.anchors[event.anchor] = (text, LEAF)
        self.count(1, place)
        if not event.style:
            if text == "<<":
                self.problem(
                    "PX0003", "merge keys (`<<`) are not allowed", event, "write the fields out in both places"
                )
            else:
                try:
                    number = not isinstance(plain(text), str)
                except BadNumberError:
                    number = True
                if number:
                    self.problem(
                        "PX0009", f"the key `{text[:40]}` is not text", event, f'write "{text[:40]}" in quotes', False
                    )
        if text in top.seen:
            first = top.seen[text]
            self.problem(
                "PX0002", f"`{text[:60]}` stands twice; first on line {first.line}", event, "keep one of them", False
            )
        else:
            top.seen[text] = place
            self.out.keys[(*top.path, text)] = place
        top.key, top.has_key = text, True

    def open(self, event: Any, mapping: bool) -> None:
        """A collection begins."""
        self.tag(event)
        path = self.next_path()
        if path is None:
            self.stop("PX0009", "a mapping or a list cannot be a key", event, "use text as key")
        if len(self.stack) >= MAX_DEPTH:
            self.stop("PX0006", f"values are nested deeper than {MAX_DEPTH} levels", event, "flatten the file")
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.out.styles[path] = "flow" if event.flow_style else "block"
        self.count(1, place_of(event.start_mark, event.end_mark))
        self.stack.append(_Open({} if mapping else [], path, event.start_mark, anchor=event.anchor))

    def close(self, event: Any) -> None:
        """The innermost collection ends."""
        done = self.stack.pop()
        if done.anchor is not None:
            self.anchors[done.anchor] = (done.value, Size(done.nodes, done.height))
        self.put(done.path, done.value, place_of(done.start, event.end_mark), done.nodes, done.height)

    def alias(self, event: Any) -> None:
        """A value that stands elsewhere, within the bounds as if it were written out here."""
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            self.stop("PX0006", f"the file has more than {MAX_ALIASES:,} aliases", event, "write the values out")
        known = self.anchors.get(event.anchor)
        if event.anchor not in self.anchors:
            self.stop("PX0001", f"the alias `*{event.anchor[:40]}` has no anchor before it", event)
        if known is None:
            self.stop("PX0006", f"the alias `*{event.anchor[:40]}` stands inside its own anchor", event)
        path = self.next_path()
        if path is None:
            self.stop("PX0009", "an alias cannot be a key", event, "write the key out")
        value, size = known
        if len(self.stack) + size.height > MAX_DEPTH:
            self.stop("PX0006", f"values are nested deeper than {MAX_DEPTH} levels", event, "flatten the file")
        place = place_of(event.start_mark, event.end_mark)
        self.count(size.nodes, place)
        self.put(path, value, place, size.nodes, size.height)

    def count(self, n: int, place: Place) -> None:
        """Count values as they would be with every alias written out."""
        self.nodes += n
        if self.nodes > MAX_NODES:
            message = f"the file holds more than {MAX_NODES:,} values once its aliases are written out"
            self.out.problems.append(Problem("PX0006", message, place, "write the values out"))
            raise StopError

    def put(self, path: Path, value: Any, place: Place, nodes: int, height: int) -> None:
        """Put a finished value where it belongs."""
        if not self.stack:
            self.out.value = value
            self.out.values[()] = place
            return
        top = self.stack[-1]
        top.nodes += nodes
        top.height = max(top.height, height + 1)
        if isinstance(top.value, list):
            top.value.append(value)
        else:
            top.has_key = False
            if top.key in top.value:  # a duplicate: the first one stays
                return
            top.value[top.key] = value
        self.out.values[path] = place


def place_of(start: Any, end: Any) -> Place:
    """The place between two marks of a reader."""
    return Place(start.line + 1, start.column + 1, end.line + 1, end.column + 1, start.index, end.index)
