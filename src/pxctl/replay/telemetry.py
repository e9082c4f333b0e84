"""What the routing layer learns of its deployments in virtual time, and so the signals of the next window.

Every window each deployment is probed once; calls and probes of the last minute give health, error rate and p95
latency. A circuit opens when at least 5 of the window's calls failed and half of them did, or three probes in a row
failed; after 30 s it is half open, and the next window closes or opens it again. A 401 marks the provider's credential
missing and a 429 the quota used up, until a probe succeeds.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import timedelta

from pxctl.model.configuration import Configuration
from pxctl.model.provider import Price
from pxctl.model.signals import EPOCH, DeploymentSignal, SafeMode, Signals
from pxctl.replay.behaviour import Attempt, Behaviour
from pxctl.replay.faults import Trouble
from pxctl.replay.histogram import Histogram, bucket_of

MINUTE = 60_000_000
COOLING = 30_000_000
ENOUGH = 5
ENOUGH_TIMES = 20
"""Answers below which a quantile says nothing."""
STEADY = 0.2
"""A p95 within this share of what was last published is not published anew, so that noise moves no traffic."""


@dataclass
class _Window:
    calls: int = 0
    failed: int = 0
    times: Counter[int] = field(default_factory=Counter)


@dataclass
class _Watched:
    """One deployment, as it is watched."""

    base: DeploymentSignal
    price: Price | None
    provider: str
    recent: deque[_Window]
    now: _Window = field(default_factory=_Window)
    circuit: str = "closed"
    since: int = 0
    probes_failed: int = 0
    quota_gone: bool = False
    shown: DeploymentSignal = field(default_factory=DeploymentSignal)


class Telemetry:
    """Watches calls, publishes signals window by window. `width` is microseconds."""

    def __init__(
        self, config: Configuration, signals: Signals, trouble: Trouble, behaviour: Behaviour, *, width: int,
        quotes: bool = False,
    ) -> None:  # fmt: skip
        self._trouble, self._behaviour, self._width = trouble, behaviour, width
        self._safe = signals.safe_mode
        self._keep = max(1, MINUTE // width)
        self._missing = set(signals.missing_credentials)
        self._base_missing = frozenset(signals.missing_credentials)
        self._watched: dict[str, _Watched] = {}
        for provider in config.providers.values():
            for model in provider.models:
                for endpoint in provider.endpoints:
                    name = f"{provider.id}/{model.id}@{endpoint.region}"
                    base = signals.deployments[name]
                    price = model.price if quotes else None
                    made = _Watched(base, price, provider.id, deque(maxlen=self._keep), shown=base)
                    self._watched[name] = made
        self.events: list[tuple[int, str, str]] = []
        """Circuits that moved: when, whose, to which state."""

    def saw(self, deployment: str, attempt: Attempt) -> None:
        """Note one call."""
        watched = self._watched[deployment]
        window = watched.now
        window.calls += 1
        if attempt.ok:
            window.times[bucket_of(attempt.time)] += 1
            return
        window.failed += 1
        if attempt.error == "unauthorized" and watched.provider not in self._missing:
            self._missing.add(watched.provider)
        elif attempt.error == "quota":
            watched.quota_gone = True

    def open_circuits(self) -> tuple[str, ...]:
        """The deployments whose circuit is open."""
        return tuple(name for name, w in self._watched.items() if w.circuit == "open")

    def close_window(self, end: int, number: int) -> None:
        """The window that ends at `end` is over: probe, and move the circuits."""
        healthy_again: set[str] = set()
        for name, watched in self._watched.items():
            probe = self._behaviour.attempt(name, end - 1, -1 - number, 0)
            self.saw(name, probe)
            watched.probes_failed = 0 if probe.ok else watched.probes_failed + 1
            if probe.ok:
                watched.quota_gone = False
                healthy_again.add(watched.provider)
            watched.recent.append(watched.now)
            self._move_circuit(name, watched, end)
            watched.now = _Window()
        self._missing = {p for p in self._missing if p not in healthy_again or p in self._base_missing}

    def _move_circuit(self, name: str, watched: _Watched, end: int) -> None:
        was = watched.circuit
        last = watched.recent[-1]
        tripped = last.failed >= ENOUGH and last.failed * 2 >= last.calls
        if was == "closed" and (tripped or watched.probes_failed >= 3):
            watched.circuit, watched.since = "open", end
        elif was == "open" and end - watched.since >= COOLING:
            watched.circuit = "half_open"
        elif was == "half_open":
            watched.circuit = "open" if last.failed else "closed"
            watched.since = end
            if watched.circuit == "closed":
                watched.recent.clear()
                watched.recent.append(last)
        if watched.circuit != was:
            self.events.append((end, name, watched.circuit))

    def signals(self, at: int, safe_mode: SafeMode) -> Signals:
        """What is known at a moment. Fresh health is stamped 0, so that equal knowledge gives equal signals."""
        found = {}
        for name, watched in self._watched.items():
            spells = self._trouble.of(name, at)
            kinds = {s.kind for s in spells}
            if "health_telemetry_missing" in kinds:
                shown = watched.base.model_copy(update={"health": None, "health_at": None, "latency_p95_ms": None})
            elif "health_telemetry_late" in kinds:
                late = max(at - s.start for s in spells if s.kind == "health_telemetry_late")
                shown = watched.shown.model_copy(update={"health_at": EPOCH - timedelta(microseconds=late)})
            else:
                shown = watched.shown = _measured(watched)
            quoted = watched.price is not None and "price_service_timeout" not in kinds
            update = {"quote": watched.price if quoted else None, "quote_at": EPOCH if quoted else None}
            found[name] = shown.model_copy(update=update) if watched.price is not None else shown
        return Signals(now=EPOCH, deployments=found, missing_credentials=frozenset(self._missing), safe_mode=safe_mode)


def _measured(watched: _Watched) -> DeploymentSignal:
    calls = sum(w.calls for w in watched.recent)
    failed = sum(w.failed for w in watched.recent)
    update: dict[str, object] = {"circuit": watched.circuit, "health_at": EPOCH}
    if watched.quota_gone:
        update["quota_requests"] = 0
    if calls:
        update["error_rate"] = round(failed / calls, 3)
        update["health"] = round((1 - failed / calls) * (watched.base.health or 1.0), 2)
    answered = Histogram()
    for window in watched.recent:
        answered.counts.update(window.times)
    if sum(answered.counts.values()) >= ENOUGH_TIMES:
        p95 = float(answered.quantile(0.95) // 10_000 * 10)
        was = watched.shown.latency_p95_ms
        update["latency_p95_ms"] = p95 if was is None or abs(p95 - was) > STEADY * was else was
    return watched.base.model_copy(update=update)
