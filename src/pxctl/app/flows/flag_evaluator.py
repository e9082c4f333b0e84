"""One file of flags, evaluated by flagd's own library.

The library (`openfeature-flagd-core` 1.x) does targeting and fractional v2; three things around it are ours:

- `$ref`s to `$evaluators` are put in by structure. The library does it by a regular expression over JSON text, where a
  rule with a backslash or an accented letter is taken for an escape sequence and raises.
- What the library only logs (a fractional rule without a bucketing value, a weight sum above 2^31) is handed out as
  `complaints`, so that the caller can refuse instead of silently getting the default.
- An answer depends on the variables that a rule names and on nothing else, so equal questions are answered once.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pxctl.app.flows.flag_folding import fold
from pxctl.core.errors import ConfigError

LOGGER = "openfeature.contrib"
_TYPES = ("boolean", "string", "integer", "float", "object")


@dataclass(frozen=True)
class Resolution:
    """What a flag is for one context.

    `reason` is OpenFeature's (STATIC, DEFAULT, TARGETING_MATCH, DISABLED, ERROR); `error` its error code, if any;
    `complaints` is what the library found fault with and went on.
    """

    value: Any
    variant: str | None
    reason: str
    error: str | None = None
    message: str = ""
    metadata: Mapping[str, Any] | None = None
    complaints: tuple[str, ...] = ()


class FlagEvaluator:
    """The flags of one file. Not for several threads at once (the library's log is listened to)."""

    def __init__(self, definitions: Mapping[str, Any], *, place: str = "flags") -> None:
        """`definitions` is a document in flagd's schema. Raises ConfigError where the library cannot read it."""
        from openfeature.contrib.tools.flagd.core import FlagdCore
        from openfeature.exception import OpenFeatureError

        self.place = place
        data: dict[str, Any] = copy.deepcopy({**definitions})
        evaluators = data.pop("$evaluators", None) or {}
        data.pop("$schema", None)
        flags = data.get("flags") or {}
        for flag in flags.values():
            if "targeting" in flag:
                flag["targeting"] = _inlined(flag["targeting"], evaluators, place, ())
        self._reads = {key: _variables(flag.get("targeting")) for key, flag in flags.items()}
        self._metadata = {key: {**(data.get("metadata") or {}), **(flag.get("metadata") or {})}
                          for key, flag in flags.items()}  # fmt: skip
        self._cache: dict[tuple[Any, ...], Resolution] = {}
        self._data = {**data, "flags": copy.deepcopy(flags)}
        self._core = FlagdCore()
        try:
            self._core.set_flags({**data, "flags": flags})
        except OpenFeatureError as error:
            raise ConfigError(f"{place}: {error.error_message or 'not flag definitions of flagd'}") from None

    def with_known(self, known: Mapping[str, Any]) -> FlagEvaluator:
        """The same flags for contexts in which these variables have these values; faster, and never another answer."""
        flags = {}
        for key, flag in self._data["flags"].items():
            rule = fold(flag["targeting"], known) if isinstance(flag.get("targeting"), dict) else None
            closed = rule if isinstance(rule, dict) and rule else {"if": [True, rule]}
            flags[key] = flag if not flag.get("targeting") else {**flag, "targeting": closed}
        return FlagEvaluator({**self._data, "flags": flags}, place=self.place)

    def names(self) -> tuple[str, ...]:
        """The flags' names."""
        return tuple(self._reads)

    def reads(self, key: str) -> frozenset[str] | None:
        """The variables that a flag's rule names, or None where that cannot be told from the rule."""
        return self._reads[key]

    def metadata(self, key: str) -> Mapping[str, Any]:
        """The metadata of a flag, over that of its file."""
        return self._metadata.get(key, {})

    def resolve(
        self,
        key: str,
        default: Any,
        context: Mapping[str, Any],
        kind: str = "boolean",
        targeting_key: str | None = None,
    ) -> Resolution:
        """The value of a flag for a context; `kind` is boolean, string, integer, float or object. Never raises for what
        stands in the file: an error is in the answer, with the default as its value."""
        if kind not in _TYPES:
            raise ValueError(f"`{kind}` is none of {', '.join(_TYPES)}")
        asked = self._question(key, default, context, kind, targeting_key)
        found = self._cache.get(asked) if asked is not None else None
        if found is None:
            found = self._resolve(key, default, context, kind, targeting_key)
            if asked is not None:
                self._cache[asked] = found
        return found

    def _question(
        self, key: str, default: Any, context: Mapping[str, Any], kind: str, targeting_key: str | None
    ) -> tuple[Any, ...] | None:
        reads = self._reads.get(key)
        if reads is None or "$flagd" in reads:
            return None
        values = [targeting_key if name == "targetingKey" else context.get(name) for name in sorted(reads)]
        types = tuple(map(type, values))  # 1, 1.0 and True are equal, and not the same question
        try:
            plain = default if isinstance(default, bool | str) else json.dumps(default, sort_keys=True)
            question = (key, kind, plain, types, *values)
            hash(question)
        except TypeError:
            return None
        return question

    def _resolve(
        self, key: str, default: Any, context: Mapping[str, Any], kind: str, targeting_key: str | None
    ) -> Resolution:
        from openfeature.evaluation_context import EvaluationContext
        from openfeature.exception import OpenFeatureError

        asked = EvaluationContext(targeting_key=targeting_key, attributes=dict(context))
        with _listening() as complaints:
            try:
                found = getattr(self._core, f"resolve_{kind}_value")(key, default, asked)
            except OpenFeatureError as error:
                return Resolution(default, None, "ERROR", str(error.error_code.value), error.error_message or "",
                                  self.metadata(key), tuple(complaints))  # fmt: skip
            except Exception as error:  # a rule that the library's JsonLogic cannot run, whatever it raises
                return Resolution(default, None, "ERROR", "PARSE_ERROR", f"{type(error).__name__}: {error}",
                                  self.metadata(key), tuple(complaints))  # fmt: skip
        return Resolution(
            found.value, found.variant, str(found.reason), None, "", found.flag_metadata, tuple(complaints)
        )


class _Ears(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@contextmanager
def _listening() -> Iterator[list[str]]:
    logger, ears = logging.getLogger(LOGGER), _Ears()
    passes_on, logger.propagate = logger.propagate, False
    logger.addHandler(ears)
    try:
        yield ears.heard
    finally:
        logger.removeHandler(ears)
        logger.propagate = passes_on


def _inlined(node: Any, evaluators: Mapping[str, Any], place: str, inside: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, evaluators, place, inside) for item in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"$ref"} and isinstance(node["$ref"], str):
        name = node["$ref"]
        if name in inside:
            raise ConfigError(f"{place}: `$evaluators` refer to themselves: {' -> '.join((*inside, name))}")
        if name not in evaluators:
            return node  # an error of the flags that use it, when they are asked for
        return _inlined(copy.deepcopy(evaluators[name]), evaluators, place, (*inside, name))
    return {key: _inlined(value, evaluators, place, inside) for key, value in node.items()}


_INNER = frozenset({"filter", "reduce", "map", "all", "some", "none"})


def _variables(rule: Any) -> frozenset[str] | None:
    """The first path parts of all variables in a rule; None where a name is computed or data is walked over."""
    names: set[str] = set()
    todo = [rule]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += node
        elif isinstance(node, dict):
            for operator, given in node.items():
                args = given if isinstance(given, list) else [given]
                if operator in _INNER or operator in ("missing", "missing_some", "log"):
                    return None
                if operator == "var":
                    if not args or not isinstance(args[0], str) or not args[0]:
                        return None
                    if args[0] not in ("$flagd.flagKey",):
                        names.add(args[0].split(".")[0])
                elif operator == "fractional":
                    names.add("targetingKey")
                todo += args
    return frozenset(names)
