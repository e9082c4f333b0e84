"""What the renderings of one decision owe each other: nothing that one caller does to its own is seen by the next."""

from __future__ import annotations

import gc
import json
import weakref
from random import Random
from typing import Any

import pytest
from tests.policy import generate
from tests.policy.build import config, context, provider

from pxctl.core.errors import ContextError
from pxctl.model.signals import Signals
from pxctl.policy.compile import compile_config
from pxctl.policy.facts import Facts


def some(seed: int, count: int) -> list[Facts]:
    rng = Random(f"facts {seed}")
    here = generate.configuration(rng)
    bound = compile_config(here, withheld=generate.withheld(rng, here)).bind(generate.signals(rng, here))
    found = []
    for _ in range(count):
        try:
            found.append(bound.decide(generate.context(rng, here, tuple(here.tenants))))
        except ContextError:
            continue
    return found


def spoil(value: Any) -> None:
    """Empty every mapping and list, inside first."""
    for inner in list(value.values() if isinstance(value, dict) else value):
        if isinstance(inner, dict | list | tuple):
            spoil(inner)
    if isinstance(value, dict | list):
        value.clear()


@pytest.mark.parametrize("seed", range(20))
def test_a_rendering_is_the_callers_own(seed: int) -> None:
    for facts in some(seed, 30):
        record, entries = facts.record(), facts.as_dict()
        spoil(facts.record())
        spoil(facts.as_dict())
        assert facts.record() == record
        assert facts.as_dict() == entries == facts.render().model_dump()


@pytest.mark.parametrize("seed", range(20))
def test_what_is_remembered_belongs_to_no_request(seed: int) -> None:
    """Rendered alone or after every other decision of the same lanes, a decision reads the same."""
    warm, cold = some(seed, 60), some(seed, 60)
    for facts in warm:
        facts.record()
    after = [(facts.record(), facts.as_dict()) for facts in reversed(warm)][::-1]
    assert after[-1:] == [(facts.record(), facts.as_dict()) for facts in cold[-1:]]
    assert after == [(facts.record(), facts.as_dict()) for facts in cold]


@pytest.mark.parametrize("seed", range(20))
def test_a_line_is_the_record_as_json(seed: int) -> None:
    for facts in some(seed, 60):
        assert facts.line() == json.dumps(facts.record())
        assert facts.line() == json.dumps(facts.record())


@pytest.mark.parametrize("seed", range(20))
def test_reasons_are_those_of_the_trace(seed: int) -> None:
    for facts in some(seed, 60):
        assert facts.reasons() == {str(entry.reason) for entry in facts.render().candidates if entry.reason}


@pytest.mark.parametrize("strategy", ["listed", "weighted"])
def test_a_line_survives_odd_texts(strategy: str) -> None:
    """What a file or a request says is never read as a format."""
    here = config(
        provider("a"), routes=[{"candidates": ["a/m"], "fallbacks": ["a/m"], "strategy": strategy}]
    )  # fmt: skip
    bound = compile_config(here, versions={"default": "100%d"}, source="50%s").bind(Signals())
    facts = bound.decide(context(trace_id='%d "é\n'))
    assert facts.line() == json.dumps(facts.record())
    assert json.loads(facts.line())["policy_version"] == "100%d"


def test_the_tables_of_a_trace_go_with_their_lane() -> None:
    bound = compile_config(config(provider("a"), routes=[{"candidates": ["a/m"]}])).bind(Signals())
    facts = bound.decide(context())
    facts.record()
    facts.line()
    assert facts.lane is not None
    kept = weakref.ref(facts.lane.trace)
    del facts, bound
    gc.collect()
    assert kept() is None
