"""Signals for a rehearsal: everything well and just measured, unless measured facts say otherwise."""

from __future__ import annotations

from pxctl.model.configuration import Configuration
from pxctl.model.signals import EPOCH, DeploymentSignal, Signals

LATENCY_MS = 800.0
"""The 95th percentile that is assumed where nobody measured one."""

ASSUMED = (
    f"every deployment is healthy, just measured, with a p95 latency of {LATENCY_MS:g} ms and no quota,"
    " where no signal says otherwise"
)


def rehearsal_signals(config: Configuration, measured: Signals | None = None) -> Signals:
    """Signals for every deployment of a configuration: what was measured, and the baseline for the rest.

    Measured health counts as fresh: a rehearsal asks what the policy does, not how old the telemetry is.
    """
    known = measured or Signals(now=EPOCH)
    found: dict[str, DeploymentSignal] = {}
    for provider in config.providers.values():
        for model in provider.models:
            for endpoint in provider.endpoints:
                name = f"{provider.id}/{model.id}@{endpoint.region}"
                was = known.deployments.get(name, DeploymentSignal())
                found[name] = was.model_copy(
                    update={
                        "health": 1.0 if was.health is None else was.health,
                        "health_at": known.now,
                        "latency_p95_ms": LATENCY_MS if was.latency_p95_ms is None else was.latency_p95_ms,
                    }
                )
    return known.model_copy(update={"deployments": found})
