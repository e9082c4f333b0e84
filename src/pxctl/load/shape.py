"""From a value to a model: the schema and the model judge, and their errors become sentences.

The same two judges decide in both tiers: jsonschema-rs on the shape, pydantic on what a schema cannot say.
Sentences are made only when one of them objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pxctl.core.secretlike import quoted
from pxctl.load.bounds import MAX_FAULTS, TOO_MANY
from pxctl.load.models import model_of
from pxctl.load.schema import fields_at, parts_at, validator
from pxctl.load.wording import did_you_mean, either, expected, fits_type, type_of
from pxctl.model.base import Model
from pxctl.model.document import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a value; `key` says that the place is the key, not the value."""

    code: str
    message: str
    path: Path
    hint: str | None = None
    key: bool = False


def build(kind: str, value: Any) -> Model | None:
    """The model of a value, or None where either judge objects."""
    return rebuild(kind, value) if validator(kind).is_valid(value) else None


def rebuild(kind: str, value: Any) -> Model | None:
    """The model of a value that the schema accepts, or None where the model objects."""
    try:
        return model_of(kind).model_validate(value)
    except ValueError:  # pydantic's ValidationError is one
        return None


def faults(kind: str, value: Any) -> list[Fault]:
    """Everything that is wrong with a value; empty when `build` makes a model of it."""
    from pydantic import ValidationError

    found: dict[tuple[Path, str], Fault] = {}
    for error in validator(kind).iter_errors(value):
        for fault in _from_schema(kind, value, error):
            found.setdefault((fault.path, fault.message), fault)
            if len(found) >= MAX_FAULTS:
                return [*found.values(), Fault("PX0006", TOO_MANY, (), "mend these first")]
    try:
        model_of(kind).model_validate(value)
    except ValidationError as failure:
        said = {fault.path for fault in found.values() if fault.code not in ("PX0011", "PX0012")}
        above = {fault.path[:n] for fault in found.values() for n in range(len(fault.path) + 1)}
        for raw in failure.errors(include_url=False, include_context=True):
            path = _real_path(raw["loc"], value)
            if path in above or any(path[:n] in said for n in range(len(path) + 1)):
                continue
            if raw["type"] == "decimal_parsing":  # the schema allows text for the sake of exact numbers
                found.setdefault((path, ""), _wrong(kind, path, raw["input"], number=True))
                continue
            message, hint = _from_model(raw)
            found.setdefault((path, ""), Fault("PX0015", message, path, hint))
    return list(found.values())


def _name(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return f"`{text}`" if text else "the file"


def _from_schema(kind: str, value: Any, error: Any, prefix: Path = ()) -> list[Fault]:
    path: Path = (*prefix, *error.instance_path)
    what = error.kind.name
    if what == "additionalProperties":
        return [_unknown(kind, path, str(name)) for name in error.kind.unexpected[: MAX_FAULTS + 1]]
    if what == "required":
        return [_missing(kind, path, str(error.kind.property))]
    here = value_at(value, path)
    if what in ("anyOf", "oneOf"):
        inner = _from_branches(kind, value, here, error)
        if inner is not None:
            return inner
        return [_wrong(kind, path, here)]
    if what == "propertyNames":
        return [
            Fault(
                "PX0014",
                f"a key of {_name(path)} does not fit: {_pattern_words(parts_at(kind, path), keys=True)}",
                path,
            )
        ]
    if what in ("minLength", "minItems", "minProperties"):
        if not here:
            return [
                Fault("PX0014", f"{_name(path)} is empty", path, "give at least one" if what != "minLength" else None)
            ]
        return [Fault("PX0014", f"{_name(path)} is too short", path)]
    if what in ("maxLength", "maxItems"):
        limit = [str(part[what]) for part in parts_at(kind, path) if what in part]
        return [Fault("PX0014", f"{_name(path)} is longer than {either(limit) or 'allowed'}", path)]
    if what == "pattern":
        hint = _pattern_words(parts_at(kind, path))
        return [Fault("PX0014", f"{_name(path)} does not fit: {quoted(here)}", path, hint)]
    return [_wrong(kind, path, here)]


def _from_branches(kind: str, value: Any, here: Any, error: Any) -> list[Fault] | None:
    """The errors of the one branch that takes values of this type, if there is one."""
    if not isinstance(here, (dict, list)):
        return None
    for errors in error.kind.context:
        if not any(e.kind.name == "type" and list(e.instance_path) == list(error.instance_path) for e in errors):
            return [fault for e in errors for fault in _from_schema(kind, value, e)]
    return None


def _unknown(kind: str, path: Path, name: str) -> Fault:
    known = fields_at(kind, path)
    close = did_you_mean(name, known)
    where = f" in {_name(path)}" if path else ""
    hint = f"did you mean `{close}`?" if close else f"known here: {', '.join(known[:30])}" if known else None
    return Fault("PX0011", f"unknown field {quoted(name)}{where}", (*path, name), hint, key=True)


def _missing(kind: str, path: Path, name: str) -> Fault:
    asked = expected(parts_at(kind, (*path, name)))
    hint = f"add `{name}: …` ({asked})" if asked != "nothing" else f"add `{name}: …`"
    return Fault("PX0012", f"{_name(path)} lacks `{name}`", path, hint)


def _wrong(kind: str, path: Path, here: Any, number: bool = False) -> Fault:
    parts = [part for part in parts_at(kind, path) if not number or part.get("type") == "number"]
    asked = expected(parts)
    shown = (
        "nothing"
        if here is None
        else "a list"
        if isinstance(here, list)
        else "a mapping"
        if isinstance(here, dict)
        else None
    )
    if any(fits_type(part, here) and part.get("type") != "null" for part in parts):
        options = [str(option) for part in parts for option in part.get("enum", [])]
        close = did_you_mean(str(here), options) if isinstance(here, str) else None
        pattern = _pattern_words(parts) if isinstance(here, str) and not options else None
        hint = f"did you mean `{close}`?" if close else pattern
        if pattern and not options:
            return Fault("PX0014", f"{_name(path)} does not fit: {quoted(here)}", path, hint)
        return Fault("PX0014", f"{_name(path)} must be {asked}, not {shown or quoted(here)}", path, hint)
    hint = None
    if (isinstance(here, str) and "whole number" in asked) or (isinstance(here, str) and "a number" in asked):
        hint = "write the number without quotes or unit"
    if isinstance(here, str) and "true or false" in asked:
        hint = "write true or false; in YAML 1.2 yes, no, on and off are text"
    if type_of(here) in ("integer", "number", "boolean") and "text" in asked:
        hint = "put it in quotes"
    if "a list" in asked and not isinstance(here, (dict, list)):
        hint = "put it in brackets: `[…]`"
    return Fault("PX0013", f"{_name(path)} must be {asked}, not {shown or _typed(here)}", path, hint)


def _typed(here: Any) -> str:
    words = {"string": "the text", "integer": "the number", "number": "the number", "boolean": ""}
    shown = quoted(str(here).lower() if isinstance(here, bool) else here)
    return f"{words.get(type_of(here), '')} {shown}".strip()


def _pattern_words(parts: list[dict[str, Any]], keys: bool = False) -> str | None:
    for part in parts:
        part = part.get("propertyNames", {}) if keys else part
        if "pattern" in part:
            said = part.get("description") if not keys else None
            return said or f"it must match {part['pattern']}"
    return None


def value_at(value: Any, path: Path) -> Any:
    """The value at a path, or None where there is none."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _real_path(loc: Path, value: Any) -> Path:
    """A pydantic location without the names of union branches and validators."""
    path: list[str | int] = []
    for step in loc:
        if isinstance(value, list):
            if not isinstance(step, int) or step >= len(value):
                continue
            value = value[step]
            path.append(step)
        elif isinstance(value, dict) and step in value:
            value = value[step]
            path.append(step)
    return tuple(path)


def _from_model(raw: Any) -> tuple[str, str | None]:
    kind, message = raw["type"], str(raw["msg"])
    if kind == "value_error":
        return message.removeprefix("Value error, "), None
    if kind == "decimal_max_places":
        places = raw["ctx"]["decimal_places"]
        return f"{quoted(raw['input'])} has more than {places} decimals", f"round it to {places} decimals"
    if kind in ("decimal_max_digits", "decimal_whole_digits"):
        return f"{quoted(raw['input'])} is too large for an amount", None
    if kind == "multiple_of":
        return f"{quoted(raw['input'])} is not a multiple of {raw['ctx']['multiple_of']}", None
    return message[:1].lower() + message[1:], None
