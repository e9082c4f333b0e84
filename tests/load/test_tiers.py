# ruff: noqa: E501 - tables with many small pieces a line
"""The fast tier never accepts what the slow tier, which is the authority, reads otherwise or refuses."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pxctl.core.lines import position
from pxctl.load.bounds import MAX_DEPTH
from pxctl.load.models import MODELS
from pxctl.load.schema import schema
from pxctl.load.shape import build, faults, value_at
from pxctl.load.yaml_fast import NotPlainError, load_plain
from pxctl.load.yaml_positions import compose

BASE = Path(__file__).parents[1] / "data" / "lint" / "_base"
FILES = {path.relative_to(BASE).as_posix(): path.read_text() for path in sorted(BASE.rglob("*.yaml"))}

PIECES = [
    "a", "b:", "key: ", "- ", "  ", "    ", "\n", "\n  ", "[", "]", "{", "}", ", ", ",", ": ", ":", "# c", " # c", "'x'",
    '"y"', "'", '"', "1", "0.5", "-3", "014", "1e3", "0x1F", "yes", "no", "null", "~", "true", "True", ".inf", ".nan", "<<",
    "&a ", "*a", "!t ", "|", ">", "---", "...", "? ", "\t", "é", "\u2028", "90d", "2024-01-01", "12:30", "/p", "./p", "$x",
    "x y", "http://h/p?q=1#f", "''", '""', "%", "@", "`", "\\", "=", "-", "--", "a-b", "_", "<", "a b: c", "{a: b}", "[1]",
]  # fmt: skip


def agree(text: str) -> bool:
    """Whether the tiers agree on a text; True also where the fast one does not want it."""
    try:
        value = load_plain(text)
    except NotPlainError:
        return True
    slow = compose(text)
    return not slow.problems and repr(slow.value) == repr(value)


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14))
def test_on_random_texts(pieces: list[str]) -> None:
    assert agree("".join(pieces))


@pytest.mark.parametrize(
    "text",
    [
        "a: {[b]}",
        "a: {{b: c}}",
        "a: {b: [c], [d]}",
        "a: {b, 2, c: d}",
        "a: {b, 2 }",
        "a: {null, b: c}",
        "a: {-0.5}",
        "a: {b: 1, {c: d}}",
        "a: [{b: c}, {d}]",
        "a: {b}",
        "a: [b: c]",
        "a: [[b], [c]]",
        "a: [b, c]]",
        "a: {b: c",
        "a:\n- b\n -c",
        "a: b\n  c: d",
        "a: 'b' c",
        "a: -",
        "a: - b",
        "- a\n- b",
        "a: .inf",
        "a: -.inf",
    ],
)
def test_on_odd_texts(text: str) -> None:
    assert agree(text + "\n")


SCALARS = st.one_of(st.sampled_from(PIECES), st.text(alphabet="ab1.:-#,'\"[]{} é", max_size=8), st.integers().map(str))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from(["a", "b", "c"]), SCALARS), max_size=8))
def test_on_random_lines(lines: list[tuple[int, bool, str, str]]) -> None:
    assert agree("".join(f"{'  ' * n}{'- ' if item else ''}{key}: {value}\n" for n, item, key, value in lines))


def mutate(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text))
    kind = rng.randrange(5)
    if kind == 0:
        return text[:at] + rng.choice(PIECES) + text[at:]
    if kind == 1:
        return text[:at] + text[at + rng.randrange(1, 12) :]
    if kind == 2:
        end = min(len(text), at + rng.randrange(1, 30))
        return text[:at] + text[at:end] * 2 + text[end:]
    lines = text.split("\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = (lines[j], lines[i]) if kind == 3 else (rng.choice([" ", "  "]) + lines[i], lines[j])
    return "\n".join(lines)


@pytest.mark.parametrize("count", [300, pytest.param(20_000, marks=pytest.mark.soak)])
def test_on_mutated_files(count: int) -> None:
    rng = random.Random(5)
    texts = list(FILES.values())
    accepted = 0
    for _ in range(count):
        text = mutate(rng, rng.choice(texts))
        try:
            value = load_plain(text)
        except NotPlainError:
            continue
        accepted += 1
        slow = compose(text)
        assert not slow.problems, text
        assert repr(slow.value) == repr(value), text
    assert accepted > count // 10


@pytest.mark.parametrize("path", FILES)
def test_ordinary_files_are_fast(path: str) -> None:
    if path.startswith("feature_flags"):
        return  # `on` and `off` go to the slow tier
    assert load_plain(FILES[path]) == compose(FILES[path]).value


def _change(rng: random.Random, value: Any) -> Any:
    """A JSON value with one place changed."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(sorted(value))
        if rng.random() < 0.2:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: _change(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        i = rng.randrange(len(value))
        return [*value[:i], _change(rng, value[i]), *value[i + 1 :]]
    return rng.choice([None, True, 0, -1, 1.5, 10.0, "", "x", "10", "yes", [], {}, [1], {"a": 1}, 10**20, "é" * 300])


@pytest.mark.parametrize("count", [400, pytest.param(20_000, marks=pytest.mark.soak)])
def test_judges_of_shape_agree(count: int) -> None:
    """`build` and `faults` agree; jsonschema refuses what jsonschema-rs refuses; a sentence for every refusal."""
    rng = random.Random(6)
    from pxctl.load.kinds import kind_of

    judges = {kind: jsonschema.Draft202012Validator(schema(kind)) for kind in MODELS}
    values = [(kind_of(path), compose(text).value) for path, text in FILES.items()]
    refused = 0
    for _ in range(count):
        kind, value = rng.choice(values)
        assert kind is not None
        changed = _change(rng, value)
        found = faults(kind, changed) if isinstance(changed, dict) else []
        if not isinstance(changed, dict):
            continue
        model = build(kind, changed)
        assert (model is None) == bool(found), changed
        slow = judges[kind].is_valid(changed)
        if not slow:
            assert model is None, changed
        refused += model is None
        assert all(
            (fault.message and fault.message[0] != fault.message[0].upper()) or fault.message[0] == "`"
            for fault in found
        )
    assert refused > count // 4


def test_depth_is_bounded_in_the_fast_tier() -> None:
    deep = "".join(f"{' ' * n}a:\n" for n in range(MAX_DEPTH + 5))
    with pytest.raises(NotPlainError):
        load_plain(deep)
    flow = "a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1) + "\n"
    with pytest.raises(NotPlainError):
        load_plain(flow)
    mixed = "a: " + "{a: [" * 40 + "]}" * 40 + "\n"
    with pytest.raises(NotPlainError):
        load_plain(mixed)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=5), lambda s: st.lists(s, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=4), s, max_size=3), max_leaves=8))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_json_is_read_alike_by_both(value: Any) -> None:
    """A JSON text gives the values of `json`, and the slow tier finds a place for each."""
    from pxctl.load.json_places import positions
    from pxctl.load.reader import read_text

    for text in (
        json.dumps({"k": value}, ensure_ascii=False),
        json.dumps({"k": value}, indent="\t", separators=("\n,", "\n:")),
    ):
        got, _composed, problems = read_text("a.json", text)
        assert not problems
        assert got == {"k": value}
        found = positions(text)
        assert (found.problems, found.value) == ([], got)
        for path, place in found.values.items():
            assert json.loads(text[place.start : place.end]) == value_at(got, path)
            assert position(text, place.start) == place[:2]
        for path, place in found.keys.items():
            assert json.loads(text[place.start : place.end]) == path[-1]


@pytest.mark.parametrize(
    ("rest", "code", "place"),
    [
        (', "b":\n NaN}', "PX0006", (2, 2)),
        (', "b": [-Infinity]}', "PX0006", (1, 19)),
        (', "b": "\\ud800"}', "PX0007", (1, 18)),
        (', "\\u0061": 2}', "PX0002", (1, 13)),
        (', "b": 1e999}', "PX0006", (1, 18)),
        (', "b": [1, {"c": 1, "c": 2}]}', "PX0002", (1, 31)),
    ],
)
def test_what_json_allows_and_we_do_not_has_a_place(rest: str, code: str, place: tuple[int, int]) -> None:
    from pxctl.load.reader import read_text

    _value, _composed, problems = read_text("a.json", '{"a": "é😀"' + rest)
    assert [(problem.code, problem.place[:2]) for problem in problems] == [(code, place)]


@pytest.mark.parametrize(("text", "place"), [("id: [", (1, 6)), ("id: [\n", (2, 1)), ('a: 1\nb: "x', (2, 6))])
def test_what_is_missing_at_the_end_is_missed_on_a_line_that_is_there(text: str, place: tuple[int, int]) -> None:
    problem = compose(text).problems[-1]
    assert (problem.place.line, problem.place.column) == place
    assert problem.place.end <= len(text)
