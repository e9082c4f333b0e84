"""The place of every value and key of a JSON text, by the tokens that `json` reads."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import NamedTuple

from pxctl.core.lines import position
from pxctl.load.yaml_composer import Composer, StopError
from pxctl.load.yaml_places import Composed

_TOKEN = re.compile(
    r'[ \t\n\r:,]*(?:(?P<open>[\[{])|(?P<close>[\]}])|(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[^\s\[\]{}:,"]+))'
)
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Mark:
    """0-based, as YAML readers count."""

    line: int
    column: int
    index: int


class _Event(NamedTuple):
    """What the composer asks of an event."""

    start_mark: _Mark
    end_mark: _Mark
    value: str = ""
    style: str = ""
    flow_style: bool = True
    anchor: str | None = None
    tag: str | None = None


def positions(text: str) -> Composed:
    """Where the values of a JSON text stand, and what the dialect has against them. Of a text that is not JSON, as far
    as it goes."""
    composer = Composer()
    at = 0
    try:
        while (token := _TOKEN.match(text, at)) is not None:
            _feed(composer, text, token)
            at = token.end()
    except (StopError, ValueError, IndexError):  # at the bounds, or where it is not JSON, which `json` has said
        pass
    return composer.out


def _feed(composer: Composer, text: str, token: re.Match[str]) -> None:
    """Compose one token."""
    kind = str(token.lastgroup)
    value = json.loads(token[kind]) if kind == "string" else token[kind]
    quote = '"' if kind == "string" else ""
    event = _Event(_mark(text, token.start(kind)), _mark(text, token.end()), value, quote)
    if kind == "open":
        composer.open(event, value == "{")
    elif kind == "close":
        composer.close(event)
    else:
        if kind == "string" and _HALF.search(value):
            composer.stop(
                "PX0007", "this text holds half a character (`\\ud800` to `\\udfff`)", event, "write it whole"
            )
        if kind == "word" and value in ("NaN", "Infinity", "-Infinity"):
            composer.stop("PX0006", f"`{value}` is not a number that JSON knows", event, "leave it out, or write null")
        composer.scalar(event)


def _mark(text: str, at: int) -> _Mark:
    line, column = position(text, at)
    return _Mark(line - 1, column - 1, at)
