"""Retries live here and nowhere else.

Exponential backoff with full jitter (wait = uniform(0, min(cap, base * 2^n)); Brooker, "Exponential Backoff And
Jitter", AWS Architecture Blog, 2015). A vendor's Retry-After wins over it and is never undercut; where it does not fit
into what is left of the call's time, the call ends at once with that error. Only errors that a retry can help are
retried, at most `max` times.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pxctl.model.provider import Retries
from pxctl.providers.errors import ProviderError

BASE_S = 0.5
CAP_S = 20.0
T = TypeVar("T")


async def with_retries(
    attempt: Callable[[], Awaitable[T]],
    policy: Retries,
    *,
    deadline: float,
    on_failure: Callable[[ProviderError], None] | None = None,
    rng: random.Random | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> T:
    """Call `attempt` until it succeeds, retries are used up, or `deadline` (on the monotonic clock) leaves no time.

    `on_failure` hears of every failed attempt. Raises the last ProviderError.
    """
    rng = rng or random.SystemRandom()
    for number in range(policy.max + 1):
        try:
            return await attempt()
        except ProviderError as error:
            if on_failure:
                on_failure(error)
            wait = pause(policy, number, error, rng)
            if not error.retryable or number == policy.max or monotonic() + wait >= deadline:
                raise
        await sleep(wait)
    raise AssertionError("the loop returns or raises")


def pause(policy: Retries, number: int, error: ProviderError, rng: random.Random) -> float:
    """Seconds to wait after failed attempt `number` (from 0)."""
    if error.retry_after is not None:
        return error.retry_after + rng.uniform(0, 0.05)
    ceiling = min(CAP_S, BASE_S * 2**number) if policy.backoff == "exponential" else BASE_S
    return rng.uniform(0, ceiling) if policy.jitter == "full" else ceiling
