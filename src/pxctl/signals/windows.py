"""Windows over samples: health fields of a provider, signals of a deployment. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pxctl.model.signals import DeploymentSignal, ProviderHealth

LONG = timedelta(minutes=5)
SHORT = timedelta(minutes=1)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970, UTC."""
    return round(moment.timestamp() * 1000)


def from_ms(value: int) -> datetime:
    """A moment from milliseconds since 1970."""
    return datetime.fromtimestamp(value / 1000, UTC)


def p95(values: Sequence[float]) -> float | None:
    """The nearest-rank 95th percentile."""
    return sorted(values)[max(0, math.ceil(0.95 * len(values)) - 1)] if values else None


def health_of(provider: str, rows: Sequence[tuple[Any, ...]], now: datetime) -> ProviderHealth:
    """Health fields from `(at_ms, ok, latency_ms, error_code, error_message)` in order of time.

    A sample from the future (a clock that jumped) counts as the present moment's.
    """
    edge, minute = to_ms(now - LONG), to_ms(now - SHORT)
    recent = [row for row in rows if row[0] > edge]
    latencies = [row[2] for row in recent if row[2] is not None]
    errors = [row for row in rows if not row[1]]
    last = next((row[2] for row in reversed(rows) if row[2] is not None), None)
    return ProviderHealth(
        provider=provider,
        latency_ms_last=last,
        latency_ms_avg_5m=round(sum(latencies) / len(latencies), 3) if latencies else None,
        latency_ms_p95_5m=p95(latencies),
        success_rate_5m=sum(row[1] for row in recent) / len(recent) if recent else None,
        failure_count_last_1m=sum(1 for row in errors if row[0] > minute),
        last_checked_at=min(from_ms(rows[-1][0]), now) if rows else None,
        last_error_code=errors[-1][3] if errors else None,
        last_error_message=errors[-1][4] if errors else None,
    )


def signal_of(known: Mapping[str, Any], rows: Sequence[tuple[int, float | None]]) -> DeploymentSignal:
    """A deployment's signal: what was set, with latency and error rate of the last five minutes where measured."""
    found = dict(known)
    latency = p95([value for _, value in rows if value is not None])
    if latency is not None:
        found["latency_p95_ms"] = latency
    if rows:
        found["error_rate"] = sum(1 for ok, _ in rows if not ok) / len(rows)
    return DeploymentSignal.model_validate(found)
