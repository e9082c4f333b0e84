"""Looking into a snapshot whose shape nobody vouches for: a wrong type is a fault (`T1`), never a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pxctl.core.secretlike import quoted
from pxctl.model.matrix import JsonPath, MatrixFault

NOTHING = object()
"""Stands for a member that is not there (None is JSON's null)."""


def shown(value: object) -> str:
    """A value as messages show it: JSON, short, masked where it looks like a credential."""
    if value is NOTHING:
        return "nothing"
    try:
        return quoted(json.dumps(value, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        return f"a {type(value).__name__}"


def kind_of(value: object) -> str:
    """JSON's name for the type of a value."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return (
        "null"
        if value is None
        else "nothing"
        if value is NOTHING
        else names[next(t for t in type(value).__mro__ if t in names)]
    )


def fault(rule: str, path: JsonPath, message: str, hint: str | None = None) -> MatrixFault:
    """A fault at a place."""
    return MatrixFault(rule=rule, path=path, message=message, hint=hint)


class Look:
    """A snapshot's top-level object, and the faults of shape that were met while looking into it."""

    def __init__(self, top: dict[str, Any]) -> None:
        self.top = top
        self.misshapen: dict[JsonPath, MatrixFault] = {}

    def _wrong(self, path: JsonPath, value: object, wanted: str) -> None:
        message = f"{wanted} belongs here, not {kind_of(value)}"
        self.misshapen.setdefault(path, fault("T1", path, message))

    def object(self, name: str, *, optional: bool = False) -> dict[str, Any]:
        """A top-level member that is an object; empty, with a fault, where it is something else."""
        value = self.top.get(name, NOTHING)
        if isinstance(value, dict):
            return value
        if not (optional and value is NOTHING):
            self._wrong((name,), value, "an object")
        return {}

    def members(self, name: str, *, optional: bool = False) -> Iterator[tuple[JsonPath, dict[str, Any]]]:
        """The objects of a top-level list, each with its path; anything else in it is a fault."""
        value = self.top.get(name, NOTHING)
        if not isinstance(value, list):
            if not (optional and value is NOTHING):
                self._wrong((name,), value, "a list")
            return
        for i, member in enumerate(value):
            if isinstance(member, dict):
                yield (name, i), member
            else:
                self._wrong((name, i), member, "an object")

    def length(self, name: str) -> int:
        """How many members a top-level list has, whatever they are; 0 where it is no list."""
        value = self.top.get(name)
        return len(value) if isinstance(value, list) else 0


def walk(value: Any, path: JsonPath = ()) -> Iterator[tuple[JsonPath, Any]]:
    """Every value of a JSON document with its path, without recursion."""
    waiting: list[tuple[JsonPath, Any]] = [(path, value)]
    while waiting:
        here, current = waiting.pop()
        yield here, current
        if isinstance(current, dict):
            waiting.extend((((*here, key), item) for key, item in reversed(list(current.items()))))
        elif isinstance(current, list):
            waiting.extend(((*here, i), item) for i, item in reversed(list(enumerate(current))))
