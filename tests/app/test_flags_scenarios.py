"""Scenarios of flag evaluation in flagd's own words, against our evaluator: ours always, flagd's own where they are.

flagd's (open-feature/flagd-testbed) have no licence file, so they are not part of this repository. They are read from
`../shared/cases/suites/flagd-testbed.tar.xz` or from the archive that PXCTL_FLAGD_TESTBED names.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from pxctl.app.flows.flag_evaluator import FlagEvaluator, Resolution
from pxctl.core.bucketing import bucket

ROOT = Path(__file__).parents[2]
OURS = ROOT / "tests/data/flagd"
ARCHIVE = Path(
    os.environ.get("PXCTL_FLAGD_TESTBED") or ROOT.parent / "shared/cases/suites/flagd-testbed.tar.xz"
)  # read before the tests' own surroundings clean the environment
OTHER_ALGORITHMS = {"@fractional-v1"}


class Scenario(NamedTuple):
    """One scenario with its outline's values put in."""

    name: str
    steps: list[dict[str, Any]]
    flags: dict[str, Any]


def pickles(text: str, flags: dict[str, Any]) -> Iterator[Scenario]:
    """Every scenario of a feature file, once a row of its examples."""
    document = {**Parser().parse(text), "uri": ""}
    for number, pickle in enumerate(Compiler().compile(document)):
        if not {tag["name"] for tag in pickle["tags"]} & OTHER_ALGORITHMS:
            yield Scenario(f"{document['feature']['name']}: {pickle['name']} {number}", pickle["steps"], flags)


def ours() -> list[Scenario]:
    flags = json.loads((OURS / "flags.json").read_text())
    return [s for path in sorted(OURS.glob("*.feature")) for s in pickles(path.read_text(encoding="utf-8"), flags)]


def theirs() -> list[Scenario]:
    if not ARCHIVE.exists():
        return []
    with tarfile.open(ARCHIVE) as archive:
        texts = {m.name: f.read().decode() for m in archive if (f := archive.extractfile(m))}
    flags = json.loads(next(t for n, t in texts.items() if n.endswith("evaluator/flags/testkit-flags.json")))
    features = sorted(n for n in texts if "evaluator/gherkin/" in n and n.endswith(".feature"))
    return [scenario for name in features for scenario in pickles(texts[name], flags)]


OUR_SCENARIOS, THEIR_SCENARIOS = ours(), theirs()
READ: dict[str, Callable[[str], Any]] = {
    "Boolean": lambda text: text.lower() == "true",
    "String": str,
    "Integer": int,
    "Float": float,
    "Object": lambda text: json.loads(text.replace('\\"', '"')),
}


class World:
    """What the steps of one scenario share."""

    def __init__(self, flags: dict[str, Any]) -> None:
        self.evaluator = FlagEvaluator(flags)
        self.kind, self.key, self.fallback = "", "", None
        self.context: dict[str, Any] = {}
        self.targeting_key: str | None = None
        self.answer = Resolution(None, None, "")

    def run(self, step: dict[str, Any]) -> None:
        """One step: the first pattern that fits."""
        for pattern, action in STEPS:
            found = re.fullmatch(pattern, step["text"])
            if found:
                action(self, *found.groups(), *([step["argument"]] if "argument" in step else []))
                return
        raise AssertionError(f"no such step: {step['text']}")

    def ask(self, kind: str, key: str, fallback: str) -> None:
        self.kind, self.key, self.fallback = kind, key, READ[kind](fallback)

    def given(self, name: str, kind: str, value: str) -> None:
        self.context[name] = READ[kind](value)

    def nested(self, outer: str, inner: str, value: str) -> None:
        self.context.setdefault(outer, {})[inner] = value

    def target(self, key: str) -> None:
        self.targeting_key = key

    def evaluate(self) -> None:
        for _ in range(2):  # the second answer comes from memory, and is the same
            before = self.answer
            self.answer = self.evaluator.resolve(
                self.key, self.fallback, self.context, self.kind.lower(), self.targeting_key
            )
        assert before == self.answer

    def is_value(self, text: str) -> None:
        expected = READ[self.kind](text)
        assert self.answer.value == expected
        assert type(self.answer.value) is type(expected)

    def is_reason(self, text: str) -> None:
        assert self.answer.reason == text

    def is_error(self, text: str) -> None:
        assert self.answer.error == text

    def no_metadata(self) -> None:
        assert not self.answer.metadata

    def has_metadata(self, table: dict[str, Any]) -> None:
        rows = [[cell["value"] for cell in row["cells"]] for row in table["dataTable"]["rows"][1:]]
        assert self.answer.metadata == {name: READ[kind](value) for name, kind, value in rows}

    def follows_bucket(self) -> None:
        assert self.targeting_key
        new = bucket(self.key, self.targeting_key) < 1000
        assert self.answer.value == ("new" if new else "old")

    def complained(self, text: str) -> None:
        assert any(text in line for line in self.answer.complaints)


Q = '"(.*?)"'
STEPS: list[tuple[str, Callable[..., None]]] = [
    ("an evaluator", lambda world: None),
    (f'an? (\\w+)-flag with key {Q} and a fallback value "(.*)"', World.ask),
    (f'a context containing a key {Q}, with type {Q} and with value "(.*)"', World.given),
    (f"a context containing a nested property with outer key {Q} and inner key {Q}, with value {Q}", World.nested),
    (f"a context containing a targeting key with value {Q}", World.target),
    ("the flag was evaluated with details", World.evaluate),
    ('the resolved details value should be "(.*)"', World.is_value),
    (f"the reason should be {Q}", World.is_reason),
    (f"the error-code should be {Q}", World.is_error),
    ("the resolved metadata is empty", World.no_metadata),
    ("the resolved metadata should contain", World.has_metadata),
    ("the bucket of flag and tenant decides", World.follows_bucket),
    (f"the evaluator complained about {Q}", World.complained),
]


def play(scenario: Scenario) -> None:
    world = World(scenario.flags)
    for step in scenario.steps:
        world.run(step)


@pytest.mark.parametrize("scenario", OUR_SCENARIOS, ids=lambda s: s.name)
def test_our_scenarios(scenario: Scenario) -> None:
    play(scenario)


@pytest.mark.parametrize("scenario", THEIR_SCENARIOS, ids=lambda s: s.name)
def test_flagd_scenarios(scenario: Scenario) -> None:
    play(scenario)


def test_count(capsys: pytest.CaptureFixture[str]) -> None:
    passed = 0
    for scenario in OUR_SCENARIOS + THEIR_SCENARIOS:
        play(scenario)
        passed += 1
    with capsys.disabled():
        print(f"\nflag scenarios passed: {len(OUR_SCENARIOS)} of ours, {len(THEIR_SCENARIOS)} of flagd's own")
    assert passed >= 40
    if not THEIR_SCENARIOS:
        pytest.skip("flagd's own scenarios are not on this machine: their licence does not let us ship them")
    assert len(THEIR_SCENARIOS) >= 125
