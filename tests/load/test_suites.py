"""The public suites: what our YAML reader makes of each case, and that the two JSON Schema judges agree."""

from __future__ import annotations

import json
import re
import tarfile
from collections import Counter
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from referencing import Registry
from referencing.exceptions import Unresolvable
from tests.load.suite import DATA, Case, yaml_cases

from pxctl.load.bounds import MAX_FAULTS
from pxctl.load.yaml_fast import NotPlainError, load_plain
from pxctl.load.yaml_positions import MAX_RUAMEL, compose

DIALECT = {"PX0002", "PX0003", "PX0004", "PX0005", "PX0006", "PX0009"}
"""Findings by which we refuse YAML on purpose."""

# Good YAML that is refused, by reason, as docs/yaml.md says. Nothing broken is accepted, nothing read otherwise.
REFUSED = {
    "a flow mapping's colon on another line than its key":
        ("4MUZ-0", "4MUZ-1", "4MUZ-2", "5MUD-0", "9SA2-0", "K3WX-0", "NJ66-0", "UT92-0", "VJP3-1"),
    "a tab between an indicator or an indentation and a value":
        ("6BCT-0", "6CA3-0", "A2M4-0", "DK95-0", "Q5MG-0", "R4YG-0", "Y79Y-10"),
    "a plain word in a flow collection that starts with `?` or ends with `:`": ("4ABK-0", "652Z-0", "HM87-1"),
    "no value at all": ("HWV9-0", "QT73-0"),
    "an empty block of text, its line without an end": ("2G84-3",),
    "a key that is not text, which the dialect refuses anyway": ("CFD4-0",),
}  # fmt: skip
CASES = yaml_cases()


def verdict(case: Case) -> str:
    got = compose(case.text)
    codes = {problem.code for problem in got.problems}
    if case.fails:
        return "refused rightly" if codes else "accepted wrongly"
    if codes & DIALECT and "PX0001" not in codes:
        return "refused by the dialect"
    if codes:
        return "refused wrongly"
    if case.values is None or case.values == (got.value,) or (not case.values and got.value is None):
        return "equal"
    return "other value"


def test_yaml_suite_score() -> None:
    verdicts = {case.name: verdict(case) for case in CASES}
    found = {word: {name for name, v in verdicts.items() if v == word} for word in set(verdicts.values())}
    assert found["refused wrongly"] == {name for names in REFUSED.values() for name in names}
    assert Counter(verdicts.values()) == {
        "equal": 198, "refused rightly": 94, "refused by the dialect": 91, "refused wrongly": 23,
    }  # fmt: skip


def test_the_page_says_what_is_refused() -> None:
    page = (DATA.parents[1] / "docs" / "yaml.md").read_text()
    for reason, names in REFUSED.items():
        assert f"| {reason} | {', '.join(names)} |" in page
    assert "198 are read as the suite says, 94 broken ones are refused, 91" in " ".join(page.split())


TABS = {
    "-\ta: b\n": False, "\ta: b\n": False, " \ta: b\n": False, "a:\n\tb: c\n": False, "a:\n \tb: c\n": False,
    "\t- a\n": False, "-\t- a\n": False, "a:\n  b: c\n  \td: e\n": False, "a: 'x\n\ty'\n": False, "a:\t- b\n": False,
    "a: b\t# c\n": True, "a:\t\n  - b\n": True, "a: b\n\t\nc: d\n": True,
    "a: b\n\t# c\nd: e\n": True, "a: [b,\t\n c]\n": True,
}  # fmt: skip


@pytest.mark.parametrize("text", TABS)
def test_a_tab_is_no_indentation(text: str) -> None:
    """Where the specification forbids a tab we refuse it, even where the judge does not mind."""
    problems = compose(text).problems
    assert (not problems) == TABS[text]
    assert all(problem.hint == "write blanks instead of the tab" for problem in problems)


@pytest.mark.parametrize("sign", "\x85\u2028\u2029")
def test_a_line_break_of_yaml_1_1_is_none(sign: str) -> None:
    """What stands behind one in a comment stays a comment; text that holds one is read as YAML 1.2 says, or not."""
    text = f"# one{sign}two: three\n'a': b\n"
    got = compose(text)
    assert (got.problems, got.value) == ([], {"a": "b"})
    assert got.values[("a",)][:2] == (2, 6)
    held = compose(f"a: 'x{sign}y'\n")
    if held.problems:
        assert [(p.message, p.path) for p in held.problems] == [("YAML readers do not agree on what this says", ("a",))]
    else:
        assert held.value == {"a": f"x{sign}y"}
    (problem,) = compose(f"# {'x' * MAX_RUAMEL}\na: 'x{sign}y'\n").problems
    assert (problem.place.line, problem.path) == (2, ("a",))


@pytest.mark.parametrize("sign", ["|", ">"])
@pytest.mark.parametrize("end", ["", "\n", "\n ", "\n  ", "\n\n", "\n  \n", " "])
def test_a_last_line_needs_no_end(sign: str, end: str) -> None:
    """Editors leave a last line without its end, or the indentation of the next one."""
    got = compose(f"a: {sign}\n  x{end}")
    assert (got.problems, got.value) == ([], {"a": "x \n" if end == " " else "x\n"})


def test_a_file_of_tabs_is_read_in_one_pass() -> None:
    assert compose("\t" * 300_000).problems == []
    assert compose("\t" * 300_000 + "a").problems[0].code == "PX0001"


@pytest.mark.parametrize("line", ["a: 1\n", "<<: {}\n", "1: a\n", "? !x a\n: 1\n"])
def test_faults_are_told_up_to_a_bound(line: str) -> None:
    problems = compose(line * 5_000).problems
    assert len(problems) == MAX_FAULTS + 1
    assert problems[-1].message == "the file has more than 1,000 faults; the rest is not told"


def test_readers_that_do_not_agree_are_a_finding_with_a_place() -> None:
    (problem,) = compose("b: 1\na: [?x]\n").problems
    assert (problem.code, problem.message) == ("PX0001", "YAML readers do not agree on what this says")
    assert problem.place[:2] == (2, 5)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_tiers_agree_on_the_yaml_suite(case: Case) -> None:
    try:
        value = load_plain(case.text)
    except NotPlainError:
        return
    slow = compose(case.text)
    assert not slow.problems
    assert repr(slow.value) == repr(value)


def _schema_tests() -> list[tuple[str, Any, Any, bool]]:
    found = []
    with tarfile.open(DATA / "jsonschema" / "json-schema-test-suite_draft2020-12.tar.xz") as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            stream = archive.extractfile(member) if member.name.endswith(".json") else None
            if stream is None or "/tests/" not in f"/{member.name}" or "annotations" in member.name:
                continue
            if "optional" in member.name:
                continue
            for group in json.load(stream):
                for test in group["tests"]:
                    found.append(
                        (f"{member.name}: {test['description']}", group["schema"], test["data"], test["valid"])
                    )
    return found


def _refuse(uri: str) -> Any:
    raise ValueError(uri)


def test_the_two_json_schema_judges_agree() -> None:
    """Cases whose schema refers to a remote one are left out: both judges refuse to fetch."""
    counts: Counter[str] = Counter()
    for _name, schema, data, valid in _schema_tests():
        try:
            fast = jsonschema_rs.validator_for(schema, retriever=_refuse).is_valid(data)
        except (ValueError, jsonschema_rs.ReferencingError):
            counts["remote"] += 1
            continue
        try:
            slow = jsonschema.Draft202012Validator(schema, registry=Registry()).is_valid(data)
        except (Unresolvable, re.error):  # a pattern of ECMA's that Python's `re` does not know
            counts["slow cannot"] += 1
            continue
        counts["fast right" if fast == valid else "fast wrong"] += 1
        counts["slow right" if slow == valid else "slow wrong"] += 1
        counts["differ"] += fast != slow
    assert counts == {"fast right": 1245, "slow right": 1245, "remote": 49, "slow cannot": 5, "differ": 0}
