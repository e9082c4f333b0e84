"""One deployment's signals as the integers that checks and ranks compare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pxctl.model.base import duration_ms
from pxctl.model.catalogue import Catalogue
from pxctl.model.project import Thresholds
from pxctl.model.signals import DeploymentSignal, Signals
from pxctl.policy.fleet import Deployment
from pxctl.policy.integers import Rate, microseconds, millionths, rate, utc

_SILENT = DeploymentSignal()
FRESH, STALE, NEVER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Measured:
    """Health in millionths, latency in microseconds; None where unknown. `freshness` is 0, 1 (last known) or 2.

    `rate` is a fresh quote's, else the file's; None where the modality's ceiling is to be used.
    """

    health: int | None
    freshness: int
    latency: int | None
    circuit_open: bool
    quota_requests: int | None
    quota_tokens: int | None
    rate: Rate | None
    basis: str
    credential: bool


class Measurer:
    """Turns signals into `Measured`, for a deployment at a time, on first use."""

    def __init__(self, signals: Signals, thresholds: Thresholds, catalogue: Catalogue) -> None:
        self.signals = signals
        self._now = utc(signals.now)
        self._health_fresh = timedelta(milliseconds=duration_ms(thresholds.health_fresh))
        self._quote_fresh = timedelta(milliseconds=duration_ms(thresholds.quote_fresh))
        self._catalogue = catalogue
        self._known: dict[int, Measured] = {}
        self._ceilings: dict[str, Rate] = {}

    def of(self, deployment: Deployment) -> Measured:
        """What was measured of a deployment."""
        found = self._known.get(deployment.index)
        if found is None:
            found = self._known[deployment.index] = self._measure(deployment)
        return found

    def ceiling(self, modality: str) -> Rate:
        """The rate of what has no price, by request modality."""
        found = self._ceilings.get(modality)
        if found is None:
            found = self._ceilings[modality] = rate(self._catalogue.ceiling(modality))
        return found

    def _measure(self, deployment: Deployment) -> Measured:
        signal = self.signals.deployments.get(deployment.id, _SILENT)
        freshness = NEVER
        if signal.health is not None:
            fresh = signal.health_at is not None and self._now - utc(signal.health_at) <= self._health_fresh
            freshness = FRESH if fresh else STALE
        price, basis = deployment.rate, "ceiling" if deployment.rate is None else "file"
        quote, at = signal.quote, signal.quote_at
        if quote is not None and at is not None and self._now - utc(at) <= self._quote_fresh:
            price, basis = rate(quote), "quote"
        known = deployment.has_key and deployment.provider not in self.signals.missing_credentials
        return Measured(
            health=None if signal.health is None else millionths(signal.health),
            freshness=freshness,
            latency=None if signal.latency_p95_ms is None else microseconds(signal.latency_p95_ms),
            circuit_open=signal.circuit == "open",
            quota_requests=signal.quota_requests,
            quota_tokens=signal.quota_tokens,
            rate=price,
            basis=basis,
            credential=deployment.keyless or known,
        )
