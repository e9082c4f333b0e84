"""The slow tier: YAML read event by event, with bounds before anything is composed, and the place of every value.

The dialect is YAML 1.2 with the core schema, one document a file, text keys, no tags, no merge keys, no duplicate keys.
Anchors and aliases are allowed within the bounds. The scanner is ruamel.yaml's; composing is ours, because what it
refuses is the point.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

from pxctl.core.span import Span
from pxctl.load.bounds import MAX_ALIASES, MAX_DEPTH, MAX_NODES
from pxctl.load.yaml_scalars import BadNumberError, plain
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


class _StopError(Exception):
    """Reading ends here; the last problem says why."""


NOWHERE = Place(1, 1, 1, 1, 0, 0)


class _Size(NamedTuple):
    """How many values a node holds, itself included, and how many levels, aliases written out."""

    nodes: int
    height: int


_LEAF = _Size(1, 0)


@dataclass(slots=True)
class _Open:
    """A collection that is being filled."""

    value: Any
    path: Path
    start: Any
    key: Any = None
    has_key: bool = False
    anchor: str | None = None
    size: _Size = field(default_factory=lambda: _Size(1, 1))
    seen: dict[str, Place] = field(default_factory=dict)


class _Composer:
    def __init__(self, text: str = "") -> None:
        self.text = text
        self.out = Composed()
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, _Size] | None] = {}
        self.aliases = 0
        self.nodes = 0
        self.documents = 0

    def problem(self, code: str, message: str, event: Any, hint: str | None = None, fatal: bool = True) -> None:
        path = self.stack[-1].path if self.stack else ()
        self.out.problems.append(Problem(code, message, _place(event.start_mark, event.end_mark), hint, path, fatal))

    def stop(self, code: str, message: str, event: Any, hint: str | None = None) -> NoReturn:
        self.problem(code, message, event, hint)
        raise _StopError

    def feed(self, event: Any) -> None:
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
                self.problem("PX0004", "a directive (`%...`) is not allowed", event, "remove the line")

    def next_path(self) -> Path | None:
        """Where the next node goes; None when it is a key."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            return (*top.path, len(top.value))
        return (*top.path, top.key) if top.has_key else None

    def tag(self, event: Any) -> None:
        tag = getattr(event, "ctag", None)
        if tag is not None:
            text = str(tag).replace("tag:yaml.org,2002:", "!!")
            self.problem(
                "PX0004",
                f"the tag `{text[:40]}` is not allowed",
                event,
                "remove it; quote text that looks like a number",
            )

    def scalar(self, event: Any) -> None:
        self.tag(event)
        before = self.text[event.start_mark.index - 1 : event.start_mark.index]
        # ruamel takes `{?a: b}` for `{? a: b}`: the sign would be lost
        if before == "?" and event.value and not event.style:
            self.problem("PX0001", "`?` stands before this word", event, "put the word in quotes")
        path = self.next_path()
        place = _place(event.start_mark, event.end_mark)
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
            self.anchors[event.anchor] = (value, _LEAF)
        self.count(1, place)
        self.put(path, value, place, _LEAF)

    def key(self, event: Any, place: Place) -> None:
        top = self.stack[-1]
        text = event.value
        if event.anchor is not None:
            self.anchors[event.anchor] = (text, _LEAF)
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
        self.tag(event)
        path = self.next_path()
        if path is None:
            self.stop("PX0009", "a mapping or a list cannot be a key", event, "use text as key")
        if len(self.stack) >= MAX_DEPTH:
            self.stop("PX0006", f"values are nested deeper than {MAX_DEPTH} levels", event, "flatten the file")
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.out.styles[path] = "flow" if event.flow_style else "block"
        self.count(1, _place(event.start_mark, event.end_mark))
        self.stack.append(_Open({} if mapping else [], path, event.start_mark, anchor=event.anchor))

    def close(self, event: Any) -> None:
        done = self.stack.pop()
        if done.anchor is not None:
            self.anchors[done.anchor] = (done.value, done.size)
        self.put(done.path, done.value, _place(done.start, event.end_mark), done.size)

    def alias(self, event: Any) -> None:
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
        place = _place(event.start_mark, event.end_mark)
        self.count(size.nodes, place)
        self.put(path, value, place, size)

    def count(self, n: int, place: Place) -> None:
        """Count values as they would be with every alias written out."""
        self.nodes += n
        if self.nodes > MAX_NODES:
            message = f"the file holds more than {MAX_NODES:,} values once its aliases are written out"
            self.out.problems.append(Problem("PX0006", message, place, "write the values out"))
            raise _StopError

    def put(self, path: Path, value: Any, place: Place, size: _Size) -> None:
        top = self.stack[-1] if self.stack else None
        if top is None:
            self.out.value = value
            self.out.values[()] = place
            return
        top.size = _Size(top.size.nodes + size.nodes, max(top.size.height, size.height + 1))
        if isinstance(top.value, list):
            top.value.append(value)
        else:
            top.has_key = False
            if top.key in top.value:  # a duplicate: the first one stays
                return
            top.value[top.key] = value
        self.out.values[path] = place


def compose(text: str) -> Composed:
    """Read one text. Never raises for what the text says; `problems` says what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    composer = _Composer(text)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            composer.feed(event)
    except _StopError:
        pass
    except MarkedYAMLError as error:
        composer.out.problems.append(_syntax(error))
    except (
        YAMLError,
        ValueError,
        IndexError,
        TypeError,
        AttributeError,
        AssertionError,
        RecursionError,
        KeyError,
    ) as error:
        # ruamel's scanner lets some of Python's own errors out on broken text; the text is broken all the same
        message = str(error).splitlines()[0][:120] if isinstance(error, YAMLError) else "the text is not YAML"
        composer.out.problems.append(Problem("PX0001", message, NOWHERE))
    return composer.out


def _syntax(error: Any) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = _place(mark, mark) if mark is not None else NOWHERE
    message = " ".join(str(error.problem or "the text is not YAML").split())
    if error.context and error.context_mark is not None:
        message = f"{' '.join(str(error.context).split())} (line {error.context_mark.line + 1}): {message}"
    elif error.context:
        message = f"{' '.join(str(error.context).split())}: {message}"
    return Problem("PX0001", message[:300], place, "quote text that holds `: `, ` #` or starts with a sign")


def _place(start: Any, end: Any) -> Place:
    return Place(start.line + 1, start.column + 1, end.line + 1, end.column + 1, start.index, end.index)
