"""Shape, duplicate keys, misspelt keys, numbers."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pxctl.core.secretlike import quoted
from pxctl.interop.litellm.config import mapping, number
from pxctl.interop.litellm.rules import Hit, Subject, rule
from pxctl.interop.litellm.vocabulary import vocabulary
from pxctl.model.document import Path
from pxctl.model.finding import Severity

_CODES = {"PX0002": "PX0802"}


def _name(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    return "nothing" if value is None else names.get(type(value), "something else")


@rule("PX0800", "litellm-unreadable", Severity.ERROR)
def unreadable(subject: Subject) -> Iterator[Hit]:
    """The text is not YAML that LiteLLM can load.

    Why: LiteLLM stops at the start with the reader's own message.

    Fix: mend the line that is named.
    """
    source = subject.config.source
    if source.documents == 0 or (source.value is None and not source.problems):
        yield Hit("the file is empty", (), "a configuration has at least a `model_list`")
    elif not isinstance(source.value, dict) and not any(problem.fatal for problem in source.problems):
        yield Hit(f"the top level is {_name(source.value)}, where a mapping belongs")
    if source.documents > 1 and source.wrapped is None:
        yield Hit("the file holds several documents; LiteLLM loads one", (), "keep one document a file")


@rule("PX0801", "litellm-shape", Severity.ERROR)
def shape(subject: Subject) -> Iterator[Hit]:
    """A part of the configuration has a shape that LiteLLM cannot use, or a deployment lacks its name or model.

    Why: LiteLLM drops such a member with a log line, or fails at the first request.

    Example:

        model_list:
          - model_name: chat        # no litellm_params

    Fix: give each member of `model_list` a `model_name` and `litellm_params` with a `model`.
    """
    top = mapping(subject.config.source.value)
    for section in ("router_settings", "litellm_settings", "general_settings", "environment_variables"):
        if top.get(section) is not None and not isinstance(top[section], dict):
            yield Hit(f"`{section}` is {_name(top[section])}, where a mapping belongs", (section,))
    members = top.get("model_list")
    if members is None:
        return
    if not isinstance(members, list):
        yield Hit(f"`model_list` is {_name(members)}, where a list belongs", ("model_list",))
        return
    for i, member in enumerate(members):
        path: Path = ("model_list", i)
        if not isinstance(member, dict):
            yield Hit(f"a deployment is {_name(member)}, where a mapping belongs", path)
            continue
        if not isinstance(member.get("model_name"), str) or not member["model_name"]:
            yield Hit("the deployment has no `model_name`", path, "name the group that requests ask for")
        params = member.get("litellm_params")
        if not isinstance(params, dict):
            yield Hit(f"`litellm_params` is {_name(params)}, where a mapping belongs", path)
        elif not isinstance(params.get("model"), str) or not params["model"]:
            yield Hit("`litellm_params` has no `model`", (*path, "litellm_params"), "write `model: provider/name`")
    yield from _fallback_shapes(subject)


def _fallback_shapes(subject: Subject) -> Iterator[Hit]:
    for name in ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks"):
        value, path = subject.config.setting(name)
        if value is None:
            continue
        if not isinstance(value, list):
            yield Hit(f"`{name}` is {_name(value)}, where a list belongs", path, "write `- group: [other-group]`")
            continue
        for i, member in enumerate(value):
            if not isinstance(member, dict):
                yield Hit(f"a member of `{name}` is {_name(member)}, where `group: [...]` belongs", (*path, i))
                continue
            for group, targets in member.items():
                if not isinstance(targets, list):
                    yield Hit(f"the targets of `{group}` are {_name(targets)}, where a list belongs", (*path, i, group))


@rule("PX0802", "litellm-duplicate-key", Severity.ERROR)
def duplicate_key(subject: Subject) -> Iterator[Hit]:
    """A key stands twice in one mapping. LiteLLM keeps the last in silence.

    Why: the first value, often a whole fallback list, is lost without a word.

    Example:

        router_settings:
          num_retries: 2
          num_retries: 0

    Fix: keep one.
    """
    del subject
    yield from ()  # the reader finds them; see check.py


def _unknown(section: str, path: Path, keys: Any, known: frozenset[str], open_ended: bool) -> Iterator[Hit]:
    for key in keys:
        if key in known:
            continue
        close = nearest(str(key), known)
        if close:
            yield Hit(f"`{key}` is no key of `{section}`", (*path, key), f"did you mean `{close}`?", key=True)
        elif not open_ended:
            message = f"`{key}` is no key of `{section}` that LiteLLM {vocabulary().version} knows"
            yield Hit(message, (*path, key), "it is ignored; remove it", key=True, severity=Severity.INFO)


def nearest(word: str, known: frozenset[str]) -> str | None:
    """The known word that a slip of the finger away is meant: one edit, or two in a word of eight letters or more."""
    allowed = 1 if len(word) < 8 else 2
    best: tuple[int, str] | None = None
    for other in sorted(known):
        if abs(len(other) - len(word)) <= allowed:
            distance = _edits(word, other, allowed)
            if distance <= allowed and (best is None or distance < best[0]):
                best = (distance, other)
    return best[1] if best and len(word) > 2 else None


def _edits(a: str, b: str, most: int) -> int:
    """Edit distance with swaps of neighbours (optimal string alignment); `most + 1` once it is above."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        rows.append(row)
    return rows[-1][-1]


@rule("PX0803", "litellm-unknown-key", Severity.ERROR)
def unknown_key(subject: Subject) -> Iterator[Hit]:
    """A key is misspelt, or is none that LiteLLM knows.

    Why: LiteLLM ignores unknown settings, and hands unknown parameters on to the vendor. A misspelt `fallbacks` is no
    fallback at all. Keys that resemble no known one are reported as information.

    Example:

        router_settings:
          fallback: [{chat: [backup]}]     # fallbacks

    Fix: correct the spelling.
    """
    words, top = vocabulary(), mapping(subject.config.source.value)
    yield from _unknown("the configuration", (), top, words.sections, False)
    for section, known in (
        ("router_settings", words.router_settings),
        ("litellm_settings", words.litellm_settings),
        ("general_settings", words.general_settings),
    ):
        yield from _unknown(section, (section,), mapping(top.get(section)), known, section != "router_settings")
    members = top.get("model_list")
    for i, member in enumerate(members if isinstance(members, list) else ()):
        path: Path = ("model_list", i)
        outer = mapping(member)
        yield from _unknown("model_list", path, outer, words.model, False)
        for section, known in (("litellm_params", words.litellm_params), ("model_info", words.model_info)):
            yield from _unknown(section, (*path, section), mapping(outer.get(section)), known, True)
    for name, known in (("retry_policy", words.retry_policy), ("allowed_fails_policy", words.allowed_fails_policy)):
        value, place = subject.config.setting(name)
        yield from _unknown(name, place, mapping(value), known, False)


@rule("PX0819", "litellm-unknown-strategy", Severity.ERROR)
def unknown_strategy(subject: Subject) -> Iterator[Hit]:
    """`routing_strategy` is none that LiteLLM has.

    Why: older releases fall back to simple-shuffle in silence.

    Fix: use one of simple-shuffle, least-busy, latency-based-routing, cost-based-routing, usage-based-routing-v2.
    """
    value, path = subject.config.setting("routing_strategy")
    known = vocabulary().strategies
    if value is not None and (not isinstance(value, str) or value not in known):
        close = get_close_matches(str(value), known, 1, 0.6)
        hint = f"did you mean `{close[0]}`?" if close else "known: " + ", ".join(sorted(known))
        yield Hit(f"{quoted(value)} is no routing strategy", path, hint)


_COUNTS = ("rpm", "tpm", "max_parallel_requests", "max_retries", "timeout", "stream_timeout", "order")
_SETTINGS = (
    "num_retries",
    "timeout",
    "request_timeout",
    "cooldown_time",
    "allowed_fails",
    "max_fallbacks",
    "retry_after",
)


@rule("PX0824", "litellm-bad-number", Severity.ERROR)
def bad_number(subject: Subject) -> Iterator[Hit]:
    """A limit, a timeout or a count is negative, or is no number.

    Why: a negative limit blocks every request or none, depending on the release; text fails at the first request.

    Fix: write a number that is not negative.
    """
    for deployment in subject.config.deployments:
        for name in _COUNTS:
            for where, path in (
                (deployment.params, (*deployment.path, "litellm_params")),
                (deployment.outer, deployment.path),
            ):
                if name in where and not _fine(where[name]):
                    message = f"`{name}` of `{deployment.group}` is {quoted(where[name])}"
                    yield Hit(message, (*path, name), "write a number that is not negative")
    for name in _SETTINGS:
        value, place = subject.config.setting(name)
        if value is not None and not _fine(value):
            yield Hit(f"`{name}` is {quoted(value)}", place, "write a number that is not negative")


def _fine(value: Any) -> bool:
    if isinstance(value, str) and value.startswith("os.environ/"):
        return True
    found = number(value)
    return value is None or (found is not None and found >= 0)
