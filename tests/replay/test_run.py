"""Replay: every sum agrees with deciding the requests one by one."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest

from pxctl.core.errors import ToolError
from pxctl.model.configuration import Configuration
from pxctl.policy.compile import compile_config
from pxctl.replay.baseline import rehearsal_signals
from pxctl.replay.contexts import contexts
from pxctl.replay.population import Crowd
from pxctl.replay.run import count_block, replay
from pxctl.replay.tally import MOST_MESSAGES, MOST_WINDOWS, Tally
from pxctl.replay.workers import whole_workers

from .conftest import configured, rows


def test_sums_against_single_decisions(company: Configuration) -> None:
    bound = compile_config(company).bind(rehearsal_signals(company))
    crowd, block = Crowd(company, seed=5), rows(3000)
    report = replay(bound, [block], crowd, seed=5)
    decisions = [bound.decide(c).render() for c in contexts(block, crowd.fill(block), 5)]
    assert report.rows == report.totals.requests == 3000
    assert report.totals.cost == sum(d.cost or 0 for d in decisions)
    assert {k: t.requests for k, t in report.deployments.items()} == Counter(d.primary for d in decisions)
    assert {k: t.requests for k, t in report.tenants.items()} == Counter(d.tenant for d in decisions)
    assert report.fallbacks == Counter(len(d.fallbacks) for d in decisions)
    assert sum(t.requests for t in report.arms.values()) == report.routes["default/free"].requests
    assert sum(w.totals.requests for w in report.windows) == 3000
    assert [w.totals.requests for w in report.windows] == [60] * 50


def test_refusals_by_reason() -> None:
    config = configured(west=("status: active", "status: draft"), east=("context_tokens: 100000", "context_tokens: 9"))
    bound = compile_config(config).bind(rehearsal_signals(config))
    report = replay(bound, [rows(2000)], Crowd(config, seed=1), seed=1)
    assert set(report.refusals) == {"no_candidate"}
    assert report.totals.refused + report.totals.routed == 2000
    assert report.excluded["disabled"] + report.excluded["context_window"] >= report.totals.refused
    assert report.routes["default/restricted"].routed == 0


def test_blocks_and_workers_make_no_difference(company: Configuration) -> None:
    bound = compile_config(company).bind(rehearsal_signals(company))
    crowd, block = Crowd(company, seed=5), rows(1000)
    whole = replay(bound, [block], crowd, seed=5)
    parts = replay(bound, [block.slice(i, i + 90) for i in range(0, 1000, 90)], crowd, seed=5)
    assert whole == parts
    first, second = Tally(), Tally()
    count_block(second, bound, block.slice(400, 1000), crowd, 5)
    count_block(first, bound, block.slice(0, 400), crowd, 5)
    second.merge(first)
    assert second.report(seed=5) == whole


def test_unknown_tenants_are_counted_and_bounded(company: Configuration) -> None:
    bound = compile_config(company).bind(rehearsal_signals(company))
    count = MOST_MESSAGES + 50
    block = replace(rows(count), given={"tenant": [f"stranger-{i}" for i in range(count)]})
    report = replay(bound, [block], Crowd(company, seed=1), seed=1)
    assert sum(report.rejected.values()) == count == report.rows
    assert len(report.rejected) == MOST_MESSAGES + 1
    assert report.totals.requests == 0


def test_windows_stay_few_however_long_the_trace(company: Configuration) -> None:
    bound = compile_config(company).bind(rehearsal_signals(company))
    report = replay(bound, [rows(6000, step=60_000_000 * 7)], Crowd(company, seed=1), seed=1)
    assert 100 < len(report.windows) <= MOST_WINDOWS
    assert sum(w.totals.requests for w in report.windows) == 6000


def test_a_worker_that_is_ended_from_outside_is_said() -> None:
    with (
        pytest.raises(ToolError, match="a worker process was ended from outside"),
        whole_workers(),
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        list(pool.map(os._exit, [9]))
