"""A replay spread over processes: blocks go out, sums come back and are added in order; no byte depends on how many."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from pxctl.core.errors import ToolError
from pxctl.model.configuration import Configuration
from pxctl.model.governance import Population
from pxctl.model.replay import ReplayReport
from pxctl.model.signals import Signals
from pxctl.policy.bound import Bound
from pxctl.policy.compile import compile_config
from pxctl.replay.population import Crowd
from pxctl.replay.rows import Block
from pxctl.replay.run import count_block
from pxctl.replay.tally import Tally

AHEAD = 2
"""Blocks that wait for each worker; what is read ahead is bounded by this."""


@dataclass(frozen=True)
class Job:
    """Everything that a worker needs to make its own bound policies and crowd."""

    config: Configuration
    withheld: Mapping[str, frozenset[str]]
    signals: Signals
    seed: int
    population: Population | None = None
    sticky_tenants: bool = False

    def ready(self) -> tuple[Bound, Crowd]:
        """Compile, bind, and gather the crowd."""
        bound = compile_config(self.config, withheld=self.withheld).bind(self.signals)
        crowd = Crowd(
            self.config, seed=self.seed, population=self.population, sticky_tenants=self.sticky_tenants
        )  # fmt: skip
        return bound, crowd


@contextmanager
def whole_workers() -> Iterator[None]:
    """Say what happened where the machine or somebody ended a worker. Raises ToolError."""
    try:
        yield
    except BrokenProcessPool:
        raise ToolError(
            "a worker process was ended from outside", hint="where memory is short, fewer --workers help"
        ) from None


_mine: list[Any] = []


def _start(job: Job) -> None:
    _mine[:] = [*job.ready(), job.seed]


def _count(block: Block) -> Tally:
    bound, crowd, seed = _mine
    tally = Tally()
    count_block(tally, bound, block, crowd, seed)
    return tally


def replay_spread(
    job: Job,
    blocks: Iterable[Block],
    *,
    workers: int,
    progress: Callable[[int], None] | None = None,
    **about: Any,
) -> ReplayReport:
    """`run.replay` on several processes."""
    whole = Tally()
    waiting: deque[tuple[int, Future[Tally]]] = deque()

    def take() -> None:
        rows, future = waiting.popleft()
        whole.merge(future.result())
        if progress is not None:
            progress(rows)

    with whole_workers(), ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start, initargs=(job,)
    ) as pool:  # fmt: skip
        for block in blocks:
            waiting.append((len(block), pool.submit(_count, block)))
            if len(waiting) > workers * AHEAD:
                take()
        while waiting:
            take()
    return whole.report(seed=job.seed, **about)
