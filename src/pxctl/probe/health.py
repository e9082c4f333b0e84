"""The health score of an endpoint, from what a validation run saw there.

`health = (0.5 function + 0.3 reliability + 0.2 latency) / (sum of the weights that apply)`

- `function`: share of the suites that passed.
- `reliability`: share of the requests that were answered, retries counted as requests of their own.
- `latency`: 1 up to the provider's `max_p95_ms`, falling in a straight line to 0 at twice of it. It does not apply
  where the provider states no `max_p95_ms`.

Where no request was answered, health is 0. A provider's health is that of its worst region; all are shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from pxctl.model.evidence import SuiteResult

WEIGHTS = {"function": 0.5, "reliability": 0.3, "latency": 0.2}


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile (NIST Handbook, 7.2.6.2's simplest form); None of nothing."""
    if not values:
        return None
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


def latencies(results: Iterable[SuiteResult]) -> list[float]:
    """Every latency of a run, in milliseconds."""
    return [latency for result in results for latency in result.latency_ms]


def error_rate(results: Sequence[SuiteResult]) -> float:
    """Share of the calls that failed after their retries; 1 where no call was made."""
    calls = sum(result.calls for result in results)
    return sum(result.failures for result in results) / calls if calls else 1.0


def score(results: Sequence[SuiteResult], max_p95_ms: int | None) -> tuple[float, dict[str, float]]:
    """Health in [0, 1], to six places, and its parts."""
    attempts = sum(result.attempts for result in results)
    failed = sum(result.failed_attempts for result in results)
    parts = {
        "function": sum(result.passed for result in results) / len(results) if results else 0.0,
        "reliability": 1 - failed / attempts if attempts else 0.0,
    }
    p95 = percentile(latencies(results), 0.95)
    if max_p95_ms is not None:
        parts["latency"] = min(1.0, max(0.0, 2 - p95 / max_p95_ms)) if p95 is not None else 0.0
    if p95 is None:
        return 0.0, parts
    total = sum(WEIGHTS[name] for name in parts)
    return round(sum(WEIGHTS[name] * part for name, part in parts.items()) / total, 6), parts
