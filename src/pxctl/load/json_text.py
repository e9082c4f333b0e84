"""JSON files, read by the standard library."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import Any

from pxctl.load.bounds import MAX_DEPTH, MAX_DIGITS
from pxctl.load.nesting import depth
from pxctl.load.text import place_of
from pxctl.load.yaml_places import NOWHERE, Problem

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _RefusedError(ValueError):
    """A JSON text that the dialect refuses."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _RefusedError("duplicate")
    return made


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _RefusedError("number")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if len(text) > 2 * MAX_DIGITS or not math.isfinite(number):
        raise _RefusedError("number")
    return number


def _constant(_text: str) -> Any:
    raise _RefusedError("number")


def load_json(text: str) -> tuple[Any, Problem | None]:
    """The value of a JSON text, or what is wrong with it."""
    from pxctl.load.json_places import positions

    try:
        value = json.loads(
            text, object_pairs_hook=_pairs, parse_int=_integer, parse_float=_number, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        place = place_of(text, min(error.pos, max(len(text) - 1, 0)))
        return None, Problem("PX0001", f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", place)
    except RecursionError:
        return None, Problem("PX0006", f"values are nested deeper than {MAX_DEPTH} levels", NOWHERE, "flatten the file")
    except _RefusedError as refused:
        if problems := positions(text).problems:
            return None, replace(problems[0], fatal=True)
        if str(refused) == "number":
            return None, Problem("PX0006", "a number is too large, or none that JSON knows", NOWHERE)
        return None, Problem("PX0002", "a key stands twice in one object", NOWHERE, "keep one of them")
    if isinstance(value, (dict, list)) and depth(value) > MAX_DEPTH:
        return None, Problem("PX0006", f"values are nested deeper than {MAX_DEPTH} levels", NOWHERE, "flatten the file")
    if _SURROGATE.search(text) and (problems := positions(text).problems):
        return None, problems[0]
    return value, None
