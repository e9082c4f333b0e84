"""Retries: which, how often, how long."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxctl.model.provider import Retries
from pxctl.providers.errors import CODES, RETRYABLE, ProviderError
from pxctl.providers.retry import BASE_S, CAP_S, pause, with_retries


def run(failures: list[ProviderError], policy: Retries, deadline: float = 1e9) -> tuple[str, list[float], int]:
    """How it ended, the waits, and how many failures were heard."""
    waits: list[float] = []
    heard: list[ProviderError] = []
    left = list(failures)
    now = [0.0]

    async def attempt() -> str:
        if left:
            raise left.pop(0)
        return "answer"

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    try:
        end = asyncio.run(
            with_retries(
                attempt, policy, deadline=deadline, on_failure=heard.append, rng=random.Random(1), sleep=sleep,
                monotonic=lambda: now[0],
            )
        )  # fmt: skip
    except ProviderError as error:
        end = error.code
    return end, waits, len(heard)


@pytest.mark.parametrize("code", CODES)
def test_only_what_a_retry_can_help_is_retried(code) -> None:
    end, waits, heard = run([ProviderError(code, "no")], Retries(max=2))
    assert (end, len(waits), heard) == (("answer", 1, 1) if code in RETRYABLE else (code, 0, 1))


def test_retries_are_counted() -> None:
    end, waits, heard = run([ProviderError("server_error", "no")] * 9, Retries(max=3))
    assert (end, len(waits), heard) == ("server_error", 3, 4)
    assert run([ProviderError("server_error", "no")], Retries(max=0))[0] == "server_error"


def test_retry_after_wins_and_is_never_undercut() -> None:
    _, waits, _ = run([ProviderError("rate_limited", "no", retry_after=7.0)], Retries(max=1, jitter="none"))
    assert 7.0 <= waits[0] <= 7.1


def test_a_wait_that_does_not_fit_ends_the_call_at_once() -> None:
    end, waits, _ = run([ProviderError("rate_limited", "no", retry_after=60.0)], Retries(max=2), deadline=30.0)
    assert end == "rate_limited" and waits == []


@given(st.integers(0, 30), st.integers(0, 2**32))
def test_backoff_is_full_jitter_under_a_cap(number: int, seed: int) -> None:
    error = ProviderError("overloaded", "no")
    ceiling = min(CAP_S, BASE_S * 2**number)
    assert 0 <= pause(Retries(), number, error, random.Random(seed)) <= ceiling
    assert pause(Retries(jitter="none"), number, error, random.Random(seed)) == ceiling
    assert pause(Retries(jitter="none", backoff="fixed"), number, error, random.Random(seed)) == BASE_S
