"""The three: one request, many requests, and the oracle written from the page alone, on the same random triples.

Every disagreement that was ever found has a test of its own name in `test_disagreements.py`.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from tests.policy import generate
from tests.policy.oracle import Oracle
from tests.policy.test_columns import row_of, row_one

from pxctl.core.errors import ContextError
from pxctl.model.context import Context
from pxctl.model.decision import Refusal
from pxctl.model.signals import Signals
from pxctl.policy.batch import encode
from pxctl.policy.columns import decide_many
from pxctl.policy.compile import compile_config


def oracle_row(oracle: Oracle, context: Context, signals: Signals) -> tuple[object, ...]:
    try:
        answer: dict[str, Any] = oracle.decide(context, signals)
    except ContextError:
        return ("invalid",)
    refusal = answer["refusal"]
    return (
        answer["route"], answer["arm"], answer["primary"], tuple(answer["fallbacks"]),
        None if refusal is None else Refusal(refusal),
        answer["from_fallbacks"], answer["degraded"], answer["safe_mode"], answer["cost"], answer["cost_basis"],
    )  # fmt: skip


def agree(seed: object, configurations: int, rows: int) -> int:
    """Compare on `configurations` x 4 sets of signals x `rows` contexts; how many triples that were."""
    rng, done = Random(f"three {seed}"), 0
    for number in range(configurations):
        config = generate.configuration(rng)
        withheld = generate.withheld(rng, config)
        oracle, compiled = Oracle(config, withheld), compile_config(config, withheld=withheld)
        names = tuple(config.tenants)
        for _ in range(4):
            signals = generate.signals(rng, config)
            bound = compiled.bind(signals)
            contexts = [generate.context(rng, config, names) for _ in range(rows)]
            many = decide_many(bound, encode(contexts))
            for i, context in enumerate(contexts):
                wanted = oracle_row(oracle, context, signals)
                assert row_one(bound, context) == wanted, ("decide", seed, number, context)
                assert row_of(bound, many, i) == wanted, ("columns", seed, number, context)
            done += rows
    return done


@pytest.mark.parametrize("seed", range(2))
def test_three_agree(seed: int) -> None:
    assert agree(seed, configurations=40, rows=60) == 9_600


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 110))
def test_three_agree_on_a_million(seed: int) -> None:
    assert agree(seed, configurations=500, rows=50) == 100_000
