"""How deployments behave when they are called: latency and failure, drawn from the request's row and the attempt.

Latency is a shifted exponential, `base * (0.6 + 0.4 * E)` with E exponential of mean 1: no answer is faster than 0.6 of
the mean, and the 95th percentile is 1.8 times it, which is how a measured p95 gives the base. E comes from the policy
engine's integer table of -ln, so that no logarithm is taken and every machine draws the same.
"""

from __future__ import annotations

from typing import NamedTuple

from pxctl.core.digest import key64
from pxctl.model.configuration import Configuration
from pxctl.model.signals import Signals
from pxctl.policy.neglog import NEGLOG
from pxctl.replay.draws import GOLDEN
from pxctl.replay.faults import Spell, Trouble

_MASK = 2**64 - 1
P95_OVER_MEAN = 1.8
DEAD_US = 1_000_000
"""How long a call to a dead endpoint takes until it fails."""
REFUSED_US = 100_000
"""How long a vendor takes to say 401 or 429."""


class Attempt(NamedTuple):
    """What one call came to; `time` is microseconds."""

    ok: bool
    time: int
    error: str | None = None


class Behaviour:
    """Answers for every deployment of a configuration. `error_rate` is where no signal gives one."""

    def __init__(
        self, config: Configuration, signals: Signals, trouble: Trouble, *, seed: int, error_rate: float = 0.0
    ) -> None:
        self._trouble = trouble
        self._seed = seed * GOLDEN & _MASK
        self._facts: dict[str, tuple[int, int, int, int]] = {}
        for provider in config.providers.values():
            for model in provider.models:
                for endpoint in provider.endpoints:
                    name = f"{provider.id}/{model.id}@{endpoint.region}"
                    signal = signals.deployments[name]
                    p95 = 800.0 if signal.latency_p95_ms is None else signal.latency_p95_ms
                    base = int(p95 * 1000 / P95_OVER_MEAN)
                    rate = error_rate if signal.error_rate is None else signal.error_rate
                    self._facts[name] = (base, int(rate * 2**32), provider.timeout_ms * 1000, key64(name))

    def attempt(self, deployment: str, at: int, row: int, number: int) -> Attempt:
        """Call a deployment at a moment; the `number`-th attempt of the request in `row` (-1 and below: probes)."""
        base, failing, timeout, salt = self._facts[deployment]
        drawn = _mix((self._seed ^ salt) + row * GOLDEN + number * 0x9E37)
        time = base * 6 // 10 + (base * 4 * NEGLOG[drawn >> 52]) // (10 << 20)
        lot = drawn & 0xFFFFFFFF
        spells = self._trouble.by_deployment.get(deployment)
        if spells is not None:
            spells = tuple(s for s in spells if s.start <= at < s.end)
            if spells:
                return _troubled(spells, time, lot, failing, timeout)
        if time > timeout:
            return Attempt(False, timeout, "timeout")
        return Attempt(False, time, "server error") if lot < failing else Attempt(True, time)


def _troubled(spells: tuple[Spell, ...], time: int, lot: int, failing: int, timeout: int) -> Attempt:
    for spell in spells:
        if spell.kind in ("provider_outage", "region_outage"):
            return Attempt(False, min(DEAD_US, timeout), "unreachable")
        if spell.kind == "credential_expired":
            return Attempt(False, REFUSED_US, "unauthorized")
        if spell.kind == "quota_exhausted":
            return Attempt(False, REFUSED_US, "quota")
        if spell.kind == "latency_spike":
            time = int(time * spell.factor)
        elif spell.kind == "error_storm":
            failing = max(failing, int(spell.rate * 2**32))
    if time > timeout:
        return Attempt(False, timeout, "timeout")
    return Attempt(False, time, "server error") if lot < failing else Attempt(True, time)


def _mix(x: int) -> int:
    """splitmix64's finaliser on one integer."""
    z = (x + GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)
