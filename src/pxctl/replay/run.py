"""Replay: recorded traffic through a bound policy, counted; the same report whatever the number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pxctl.core.errors import ContextError
from pxctl.model.replay import ReplayReport
from pxctl.policy.bound import Bound
from pxctl.replay.contexts import contexts
from pxctl.replay.population import Crowd
from pxctl.replay.rows import Block
from pxctl.replay.tally import Tally

Progress = Callable[[int], None]


def replay(
    bound: Bound,
    blocks: Iterable[Block],
    crowd: Crowd,
    *,
    seed: int,
    trace: str | None = None,
    assumptions: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> ReplayReport:
    """Decide every row under one set of signals. `progress` is told how many rows a block added."""
    tally = Tally()
    for block in blocks:
        count_block(tally, bound, block, crowd, seed)
        if progress is not None:
            progress(len(block))
    return tally.report(trace=trace, seed=seed, source=bound.compiled.source, assumptions=assumptions)


def count_block(tally: Tally, bound: Bound, block: Block, crowd: Crowd, seed: int) -> None:
    """Decide and count one block."""
    decide = bound.decide
    for at, context in zip(block.at.tolist(), contexts(block, crowd.fill(block), seed), strict=True):
        try:
            facts = decide(context)
        except ContextError as error:
            tally.reject(at, str(error))
        else:
            tally.add(at, context.tenant, facts)
