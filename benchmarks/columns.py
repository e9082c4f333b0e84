"""Many decisions in arrays, ranked by NumPy or compiled, against one at a time and a loop: cpu seconds, and memory.

The policy has 30 routes of 20 candidates, all six strategies in turn; every decision has its fallbacks, cost and reason
of refusal, bit-identical to `decide`. The hand-written loop (`decide.floor`) only picks the cheapest that fits.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks import _policies
from benchmarks.decide import floor
from pxctl.policy.batch import Batch, Column, encode
from pxctl.policy.columns import decide_many
from pxctl.policy.columns_kernel import available
from pxctl.policy.compile import compile_config

ROWS = 1_000_000
FEW = 20_000


def main() -> None:
    """Print the table."""
    config = _policies.configuration(30, 20)
    bound = compile_config(config).bind(_policies.signals(config))
    contexts = _policies.contexts(config, FEW)
    small = encode(contexts)
    large = repeat(small, ROWS // FEW)
    choose = floor(bound)
    print("| million decisions a cpu-second | NumPy | with the extra `fast` |\n|---|---|---|")
    row("decide_many, all strategies in turn", *both(bound, small, large))
    for strategy in _policies.STRATEGIES:
        name, made = one_strategy(strategy)
        row(f"decide_many, every route `{name}`", *both(made, small, repeat(small, 10)))
    row("decide, one at a time", rate(lambda: [bound.decide(context) for context in contexts], FEW))
    row("hand-written loop", rate(lambda: [choose(context) for context in contexts], FEW))
    print("\n| rows, NumPy | peak above the input and the answer, MB |\n|---|---|")
    for count in (4, 50):
        print(f"| {count * FEW:,} | {peak(bound, repeat(small, count)):.0f} |")


def row(name: str, numpy: float, compiled: float | None = None) -> None:
    """Print a row in million decisions a cpu-second."""
    print(f"| {name} | {numpy / 1e6:.2f} | {'' if compiled is None else f'{compiled / 1e6:.2f}'} |")


def both(bound: Any, small: Batch, large: Batch) -> tuple[float, float | None]:
    """Rates with ranks by NumPy and, where numba is installed, compiled; tables and machine code are made before."""
    rates: list[float | None] = []
    for compiled in (False, True):
        if compiled and not available():
            rates.append(None)
            continue
        decide_many(bound, small, compiled=compiled)
        rates.append(rate(partial(decide_many, bound, large, compiled=compiled), len(large)))
    return rates[0] or 0.0, rates[1]


def one_strategy(strategy: Any) -> tuple[str, Any]:
    """The same policy with one strategy on every route."""
    from pxctl.model.routing import Balanced

    config = _policies.configuration(30, 20)
    policy = config.policies["default"]
    wanted = strategy if isinstance(strategy, str) else Balanced.model_validate(strategy)
    routes = tuple(route.model_copy(update={"strategy": wanted}) for route in policy.routes)
    config.policies["default"] = policy.model_copy(update={"routes": routes})  # type: ignore[index]
    name = strategy if isinstance(strategy, str) else "balanced"
    return name, compile_config(config).bind(_policies.signals(config))


def repeat(batch: Batch, times: int) -> Batch:
    """The batch several times over, with other request keys."""
    count = np.arange(len(batch) * times, dtype=np.uint64)
    keys = np.tile(batch.request_key, times) * np.uint64(0x9E3779B97F4A7C15) + count
    return Batch(
        {name: Column(np.tile(column.codes, times), tuple(column.values)) for name, column in batch.columns.items()},
        np.tile(batch.input_tokens, times),
        np.tile(batch.cached_input_tokens, times),
        np.tile(batch.output_tokens, times),
        keys,
    )


def rate(work: Callable[[], object], rows: int) -> float:
    """Rows a cpu-second; the best of three, since a shared machine only ever takes time away."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return rows / best


def peak(bound: Any, batch: Batch) -> float:
    """Megabytes that deciding a batch takes at most, beyond its input and its answer."""
    tracemalloc.start()
    made = decide_many(bound, batch, compiled=False)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    names = ("lane", "route", "primary", "fallbacks", "refusal", "cost", "basis")
    answer = sum(getattr(made, name).nbytes for name in names)
    return (most - answer) / 1e6
