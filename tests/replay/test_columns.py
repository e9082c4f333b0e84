"""Counting in columns against counting row by row, over random configurations; sums that pass 64 bits."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from tests.policy import generate

from pxctl.core.errors import UsageError
from pxctl.model.governance import Population
from pxctl.policy.bound import Bound
from pxctl.policy.compile import compile_config
from pxctl.replay.batches import Groups
from pxctl.replay.population import Crowd
from pxctl.replay.rows import Block
from pxctl.replay.run import count_columns, count_rows
from pxctl.replay.tally import Tally

from .conftest import configured, rows

SHARES = Population(
    task_type={"chat": 3, "code": 1, "poetry": 1}, task_tags={"none": 1, "finance": 1, "legal+other": 1},
    modality={"chat": 9, "vision": 1}, language={"en": 2, "de": 1, "fr": 1, "und": 1},
    privacy={"public": 3, "internal": 2, "restricted": 1}, risk_level={"low": 1, "high": 1},
    region={"none": 2, "eu": 1, "mars": 1}, features={"none": 3, "tools": 1, "tools+json_schema": 1},
    budget_usd={"none": 3, "0.0016": 1, "2": 1}, sla_ms={"none": 3, "500": 1},
)  # fmt: skip

FEW = Population(privacy={"public": 1}, features={"none": 3, "tools": 1})


def random_block(rng: Random, count: int) -> Block:
    numbers = np.random.default_rng(rng.getrandbits(32))
    given = numbers.integers(0, 9000, count)
    texts = [f"trace-{i}" if i % 3 else "" for i in range(count)]
    return Block(
        0, np.arange(count, dtype=np.int64) * 900_000, given, given // 3, numbers.integers(0, 300, count),
        {"trace_id": texts, "tenant": ["" if i % 7 else "stranger" for i in range(count)]},
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(25))
def test_columns_count_as_rows_do(seed: int) -> None:
    rng = Random(f"columns {seed}")
    config = generate.configuration(rng)
    bound = compile_config(config, withheld=generate.withheld(rng, config)).bind(generate.signals(rng, config))
    block = random_block(rng, 300)
    try:
        columns = Crowd(config, seed=seed, population=SHARES).fill(block)
    except UsageError:
        pytest.skip("no tenant fits")
    one, many = Tally(), Tally()
    count_rows(one, bound, block, columns, seed)
    count_columns(many, bound, block, columns, seed)
    assert many.report(seed=seed) == one.report(seed=seed)


def test_refusals_are_looked_at_once_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times as many refused requests are decided one by one no more often."""
    config = configured()
    bound = compile_config(config).bind(generate.Signals(missing_credentials=frozenset({"east", "west"})))
    looked: list[int] = []
    decide = Bound.decide
    monkeypatch.setattr(Bound, "decide", lambda self, context: looked.append(1) or decide(self, context))
    spent = []
    for count in (2_000, 20_000):
        looked.clear()
        block, tally = random_block(Random(1), count), Tally()
        block.given.clear()
        count_columns(tally, bound, block, Crowd(config, seed=1, population=FEW).fill(block), 1)
        report = tally.report(seed=1)
        assert report.refusals == {"no_candidate": count}
        assert report.excluded["no_credential"] == count
        spent.append(len(looked))
    assert spent[0] == spent[1] < 100


def test_costs_above_64_bits() -> None:
    config = configured(east=("input_per_mtok: 2,", "input_per_mtok: 999999999999,"))
    block = replace(rows(200, tokens=90_000), output_tokens=np.zeros(200, dtype=np.int64))
    bound = compile_config(config).bind(generate.Signals())
    columns = Crowd(config, seed=1, population=Population(tenant={"acme": 1})).fill(block)
    one, many = Tally(), Tally()
    count_rows(one, bound, block, columns, 1)
    count_columns(many, bound, block, columns, 1)
    report = many.report(seed=1)
    assert report == one.report(seed=1)
    assert report.totals.cost > 2**64


def test_groups_of_wide_keys() -> None:
    rng = np.random.default_rng(3)
    keys = [rng.integers(-5, 5, 500), rng.integers(0, 2**40, 3)[rng.integers(0, 3, 500)], rng.integers(0, 2**22, 500)]
    values = rng.integers(0, 2**40, 500)
    wanted: dict[tuple[int, ...], list[int]] = {}
    for row in range(500):
        found = wanted.setdefault(tuple(int(k[row]) for k in keys), [row, 0, 0])
        found[1] += 1
        found[2] += int(values[row])
    groups = Groups(*keys)
    rows_ = [[int(f), c, s] for f, c, s in zip(groups.first, groups.counts(), groups.sums(values), strict=True)]
    assert sorted(rows_) == sorted(wanted.values())


def test_groups_sum_exactly() -> None:
    values = np.array([2**62, 2**62, 2**62, 5, 7], dtype=np.int64)
    groups = Groups(np.array([3, 3, 3, -1, -1]), np.array([0, 0, 0, 2, 2]))
    assert dict(zip(groups.counts(), groups.sums(values), strict=True)) == {3: 3 * 2**62, 2: 12}
    empty = Groups(np.zeros(0, dtype=np.int64))
    assert (len(empty), empty.counts(), empty.sums(np.zeros(0))) == (0, [], [])
