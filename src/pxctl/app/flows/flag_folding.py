"""A flag's rule with some variables known: what follows from them is worked out once, by the library's own operators.

`{"if": [{"==": [{"var": "provider"}, "groq"]}, {"fractional": ...}, "released"]}` is `"released"` for every provider
but groq, so that ten thousand tenants need not ask again. Folding changes no answer; where it cannot tell, it leaves
the rule as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

PURE = frozenset({
    "==", "!=", "===", "!==", "<", ">", "<=", ">=", "!", "!!", "in", "and", "or", "cat", "starts_with", "ends_with",
})  # fmt: skip
"""Operators whose answer depends on their arguments alone."""


def fold(rule: Any, known: Mapping[str, Any]) -> Any:
    """The rule with the variables in `known` put in, and what is decided by them decided."""
    if isinstance(rule, list):
        return [fold(item, known) for item in rule]
    if not isinstance(rule, dict) or len(rule) != 1:
        return rule
    ((operator, given),) = rule.items()
    args = given if isinstance(given, list) else [given]
    if operator == "var":
        name = args[0] if args else None
        return known[name] if isinstance(name, str) and known.get(name) is not None else rule
    if operator in ("if", "?:"):
        return _branch(operator, args, known)
    if operator in PURE or operator in ("fractional", "sem_ver"):
        folded = [fold(arg, known) for arg in args]
        if operator in PURE and all(map(_plain, folded)):
            with suppress(Exception):  # what cannot be run is an error when, and only when, it is asked
                return _run({operator: folded})
        return {operator: folded}
    return rule


def _branch(operator: str, args: list[Any], known: Mapping[str, Any]) -> Any:
    left: list[Any] = []
    at = 0
    while at < len(args) - 1:
        test = fold(args[at], known)
        if not _plain(test):
            left += [test, fold(args[at + 1], known)]
        elif _run({"!!": [test]}):
            return _closed(operator, left, fold(args[at + 1], known))
        at += 2
    return _closed(operator, left, fold(args[at], known) if at < len(args) else None)


def _closed(operator: str, left: list[Any], last: Any) -> Any:
    return {operator: [*left, last]} if left else last


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_plain, value))
    return value is None or isinstance(value, str | int | float)


def _run(rule: Any) -> Any:
    from json_logic import jsonLogic  # type: ignore[import-untyped]  # it has no stubs
    from openfeature.contrib.tools.flagd.core.targeting.targeting import OPERATORS

    return jsonLogic(rule, {}, OPERATORS)
