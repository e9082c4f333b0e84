"""Replay: recorded traffic through a bound policy, counted; the same report whatever the number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from pxctl.core.errors import ContextError
from pxctl.model.replay import ReplayReport
from pxctl.policy.bound import Bound
from pxctl.policy.columns import INVALID, REFUSALS, Decisions, decide_many
from pxctl.replay.batches import Groups, batch_of
from pxctl.replay.contexts import contexts
from pxctl.replay.population import Column, Crowd
from pxctl.replay.refused import without_candidate
from pxctl.replay.rows import Block
from pxctl.replay.tally import Tally

Progress = Callable[[int], None]
FEW = 64
"""Rows below which deciding one by one is quicker."""


def replay(
    bound: Bound,
    blocks: Iterable[Block],
    crowd: Crowd,
    *,
    seed: int,
    progress: Progress | None = None,
    **about: Any,
) -> ReplayReport:
    """Decide every row under one set of signals. `progress` is told how many rows a block added."""
    tally = Tally()
    for block in blocks:
        count_block(tally, bound, block, crowd, seed)
        if progress is not None:
            progress(len(block))
    return tally.report(seed=seed, source=bound.compiled.source, **about)


def count_block(tally: Tally, bound: Bound, block: Block, crowd: Crowd, seed: int) -> None:
    """Decide and count one block: in columns, or one by one where there are few rows."""
    columns = crowd.fill(block)
    if len(block) >= FEW:
        count_columns(tally, bound, block, columns, seed)
    else:
        count_rows(tally, bound, block, columns, seed)


def count_rows(tally: Tally, bound: Bound, block: Block, columns: Mapping[str, Column], seed: int) -> None:
    """Decide and count row by row."""
    decide = bound.decide
    for at, context in zip(block.at.tolist(), contexts(block, columns, seed), strict=True):
        try:
            facts = decide(context)
        except ContextError as error:
            tally.reject(at, str(error))
        else:
            tally.add(at, context.tenant, facts)


def count_columns(tally: Tally, bound: Bound, block: Block, columns: Mapping[str, Column], seed: int) -> None:
    """Decide and count in columns; what is refused for want of a candidate is looked at once a reason."""
    batch = batch_of(block, columns, seed)
    found = decide_many(bound, batch)
    judged = found.refusal != INVALID
    for row in np.flatnonzero(~judged).tolist():
        try:
            bound.decide(batch.context(row))
        except ContextError as error:
            tally.reject(int(block.at[row]), str(error))
    for facts, count in without_candidate(bound, batch, found):
        tally.exclude(facts, count)
    routed = found.primary >= 0
    depths = np.bincount((found.fallbacks[routed] >= 0).sum(axis=1))
    tally.depth.update({depth: count for depth, count in enumerate(depths.tolist()) if count})
    rows = np.flatnonzero(judged)
    if len(rows):
        _put(tally, bound, block, columns["tenant"], found, rows)


def _put(tally: Tally, bound: Bound, block: Block, tenant: Column, found: Decisions, rows: Any) -> None:
    cost = np.maximum(found.cost, 0)
    for row in found.huge:
        cost[row] = 0
    codes = tenant.codes
    groups = Groups(found.lane[rows], found.primary[rows], found.refusal[rows], codes[rows])
    names = [deployment.id for deployment in bound.compiled.fleet.deployments]
    sums = [
        groups.sums(values[rows])
        for values in (found.from_fallbacks, found.degraded, cost, block.input_tokens, block.output_tokens)
    ]
    policies: dict[int, str] = {}
    for row, *values in zip(rows[groups.first].tolist(), groups.counts(), *sums, strict=True):
        code, lane, primary = int(codes[row]), int(found.lane[row]), int(found.primary[row])
        name = tenant.values[code]
        policy, route, arm = found.lanes[lane] if lane >= 0 else (None, None, None)
        if policy is None:
            policy = policies.setdefault(code, bound.seated(name).seat.policy)
        refusal = REFUSALS[found.refusal[row]]
        tally.put((name, policy, route, arm, names[primary] if primary >= 0 else None, refusal), values)
    slots = block.at[rows] // tally.width
    windows = Groups(slots, found.primary[rows])
    for row, count, spent in zip(windows.first.tolist(), windows.counts(), windows.sums(cost[rows]), strict=True):
        primary = int(found.primary[rows[row]])
        tally.put_window(int(slots[row]), names[primary] if primary >= 0 else None, count, spent)
    for row, spent in found.huge.items():
        _huge(tally, bound, block, tenant, found, row, spent)
    tally.rows += len(rows)
    tally.last = max(tally.last, int(block.at[rows].max()))
    tally.trim()


def _huge(
    tally: Tally, bound: Bound, block: Block, tenant: Column, found: Decisions, row: int, spent: int
) -> None:  # fmt: skip
    """A cost above 64 bits is added by itself."""
    policy, route, arm = found.lanes[found.lane[row]]
    name = bound.compiled.fleet.deployments[found.primary[row]].id
    tally.put((tenant.values[tenant.codes[row]], policy, route, arm, name, None), (0, 0, 0, spent))
    tally.put_window(int(block.at[row]) // tally.width, name, 0, spent)
