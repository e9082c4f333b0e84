"""Many requests at once decide as one at a time, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from random import Random
from typing import Any

import numpy as np
import pytest
from tests.policy import generate

from pxctl.core.errors import ContextError
from pxctl.model.context import Context
from pxctl.policy import columns
from pxctl.policy.batch import encode
from pxctl.policy.bound import Bound
from pxctl.policy.columns import BASES, INVALID, REFUSALS, Decisions, decide_many
from pxctl.policy.columns_sets import Sets
from pxctl.policy.compile import compile_config


def row_of(bound: Bound, made: Decisions, i: int) -> tuple[object, ...]:
    fleet = bound.compiled.fleet.deployments
    if made.refusal[i] == INVALID:
        return ("invalid",)
    lane = made.lanes[made.lane[i]] if made.lane[i] >= 0 else (None, None, None)
    routed = made.primary[i] >= 0
    return (
        lane[1], lane[2], fleet[made.primary[i]].id if routed else None,
        tuple(fleet[place].id for place in made.fallbacks[i] if place >= 0),
        REFUSALS[made.refusal[i]], bool(made.from_fallbacks[i]), bool(made.degraded[i]), bool(made.safe_mode[i]),
        made.huge.get(i, int(made.cost[i])) if routed else None, BASES[made.basis[i]],
    )  # fmt: skip


def row_one(bound: Bound, context: Context) -> tuple[object, ...]:
    try:
        f = bound.decide(context)
    except ContextError:
        return ("invalid",)
    return (
        f.route, f.arm, f.primary, f.fallbacks, f.refusal, f.from_fallbacks, f.degraded, f.safe_mode, f.cost,
        f.cost_basis,
    )  # fmt: skip


def assert_agree(bound: Bound, contexts: Sequence[Context], label: object) -> None:
    """Both ways of ranking give the same arrays, and each row is what `decide` says."""
    batch = encode(contexts)
    made, compiled = (decide_many(bound, batch, compiled=way) for way in (False, True))
    for name in (field.name for field in fields(Decisions)):
        assert np.array_equal(getattr(made, name), getattr(compiled, name)), (label, name)
    for i, context in enumerate(contexts):
        assert row_of(bound, made, i) == row_one(bound, context), (label, i, context)


def compare(seed: int, rounds: int, rows: int) -> int:
    rng, done = Random(seed), 0
    for number in range(rounds):
        config = generate.configuration(rng)
        compiled = compile_config(config, withheld=generate.withheld(rng, config))
        names = tuple(config.tenants)
        for _ in range(3):
            bound = compiled.bind(generate.signals(rng, config))
            contexts = [generate.context(rng, config, names) for _ in range(rows)]
            assert_agree(bound, contexts, (seed, number))
            done += rows
    return done


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_decide(seed: int) -> None:
    assert compare(seed, rounds=40, rows=100) == 12_000


def test_agrees_where_many_rows_share_a_lane() -> None:
    assert compare(seed=50, rounds=2, rows=1_500) == 9_000


@pytest.mark.parametrize("count", [1, 3, 40, 3_000])
def test_sets_and_their_places_give_the_masks_back(count: int) -> None:
    """40 sets fit the hash table; of 3,000 some share a slot. Later rows meet known sets and new ones."""
    rng = np.random.default_rng(count)
    known = rng.integers(1 << 63, size=count, dtype=np.uint64)
    known[0] = 0
    lane: Any = None
    sets = Sets(lane)
    for some in (known[: count // 2 + 1], known[:1], known, known):
        masks = rng.choice(some, size=5_000)
        sets, places = sets.of(masks)
        assert len(set(sets.masks)) == len(sets.masks)
        assert (np.array(sets.masks, dtype=np.uint64)[places] == masks).all()
    assert (sets.of(masks)[0] is sets) == (count <= 40)


@pytest.mark.parametrize(("installed", "rows", "loads"), [(True, 60, 1), (True, 40, 0), (False, 60, 0)])
def test_the_kernel_is_loaded_once_there_are_enough_rows(
    monkeypatch: pytest.MonkeyPatch, installed: bool, rows: int, loads: int
) -> None:
    rng = Random(1)
    config = generate.configuration(rng)
    bound = compile_config(config).bind(generate.signals(rng, config))
    batch = encode([generate.context(rng, config, tuple(config.tenants)) for _ in range(rows // 2)])
    loaded: list[int] = []
    monkeypatch.setattr(columns, "COMPILED_FROM", 50)
    monkeypatch.setattr(columns, "available", lambda: installed)
    monkeypatch.setattr(columns, "load", lambda: loaded.append(1))
    decide_many(bound, batch)
    assert not loaded
    decide_many(bound, batch)
    assert len(loaded) == loads


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 110))
def test_agrees_with_decide_at_length(seed: int) -> None:
    compare(seed, rounds=700, rows=200)
