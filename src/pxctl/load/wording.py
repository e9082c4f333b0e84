"""What a schema asks for, in words: `a whole number of at least 1`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


def type_of(value: Any) -> str:
    """The JSON Schema type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def fits_type(part: dict[str, Any], value: Any) -> bool:
    """Whether a value has the type that a sub-schema asks for, whatever else it asks for."""
    wanted = part.get("type")
    if wanted is None:
        options = part.get("enum", [part["const"]] if "const" in part else None)
        return options is None or any(type_of(option) == type_of(value) for option in options)
    have = type_of(value)
    wanted = [wanted] if isinstance(wanted, str) else wanted
    return have in wanted or (have == "integer" and "number" in wanted) or (
        have == "number" and "integer" in wanted and float(value).is_integer()
    )  # fmt: skip


def either(words: Iterable[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def did_you_mean(word: str, known: Sequence[str]) -> str | None:
    """The closest known word, or None where none is close."""
    return _closest(word, tuple(known))


@lru_cache(maxsize=1024)
def _closest(word: str, known: tuple[str, ...]) -> str | None:
    import difflib

    folded = {name.casefold().replace("-", "_"): name for name in known}
    exact = folded.get(word.casefold().replace("-", "_"))
    if exact:
        return exact
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.7)
    return found[0] if found else None


def expected(parts: Sequence[dict[str, Any]]) -> str:
    """What values the sub-schemas allow, in words."""
    words: list[str] = []
    numbers = any(part.get("type") == "number" for part in parts)
    for part in parts:
        # an exact number may also be written as text; nobody needs to be told
        text = "" if numbers and part.get("type") == "string" and "pattern" not in part else _expected_one(part)
        if text and text not in words and text != "nothing":
            words.append(text)
    return either(words) or "nothing"


def _expected_one(part: dict[str, Any]) -> str:
    if "const" in part:
        return f"`{_json(part['const'])}`"
    if "enum" in part:
        return either(f"`{_json(option)}`" for option in part["enum"])
    kind = part.get("type")
    if kind == "array" and isinstance(part.get("items"), dict) and "type" in part["items"]:
        return {"string": "a list of texts"}.get(str(part["items"]["type"]), "a list")
    text = TYPES.get(str(kind), "")
    if kind in ("integer", "number"):
        low, high, above, below = (
            _json(part[name]) if name in part else None
            for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
        )
        if low is not None and high is not None:
            return f"{text} from {low} to {high}"
        bounds = [
            f"{word} {bound}"
            for word, bound in (("at least", low), ("above", above), ("at most", high), ("below", below))
            if bound is not None
        ]
        said = " and ".join(bounds)
        return f"{text} of {said}" if said.startswith("at ") else f"{text} {said}".strip()
    return text


def _json(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
