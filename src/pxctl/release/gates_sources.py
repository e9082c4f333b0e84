"""Where a metric's measurements come from, purely: the intervals of a step, samples of calls, rows of a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pxctl.core.clock import from_text
from pxctl.core.errors import ConfigError, UsageError
from pxctl.model.base import duration_ms
from pxctl.model.project import Gate
from pxctl.release.gates_verdict import Measurement

MOST = 2000
"""Measurements of one step; the oldest beyond are left out."""


class Call(NamedTuple):
    """One call that was measured: when it ended, whether it worked, and how long it took (ms)."""

    at: datetime
    ok: bool
    latency_ms: float | None


def ends_of(since: datetime, now: datetime, interval: str) -> list[datetime]:
    """The ends of the whole intervals since a step began, oldest first. They do not depend on when somebody looks."""
    step = timedelta(milliseconds=duration_ms(interval))
    if step <= timedelta(0):
        raise ConfigError(f"a gate's interval `{interval}` is no time", hint="write one such as 5m")
    whole = max((now - since) // step, 0)
    return [since + step * number for number in range(max(whole - MOST, 0) + 1, whole + 1)]


def _share(calls: Sequence[Call], wanted: Callable[[Call], bool]) -> tuple[float | None, int]:
    return (sum(map(wanted, calls)) / len(calls), len(calls)) if calls else (None, 0)


def _latency(part: float | None) -> Callable[[Sequence[Call]], tuple[float | None, int]]:
    def over(calls: Sequence[Call]) -> tuple[float | None, int]:
        values = sorted(c.latency_ms for c in calls if c.latency_ms is not None)
        if not values:
            return None, 0
        if part is None:
            return math.fsum(values) / len(values), len(values)
        return values[max(0, math.ceil(part * len(values)) - 1)], len(values)

    return over


METRICS: dict[str, Callable[[Sequence[Call]], tuple[float | None, int]]] = {
    "error_rate": lambda calls: _share(calls, lambda c: not c.ok),
    "success_rate": lambda calls: _share(calls, lambda c: c.ok),
    "latency_avg_ms": _latency(None),
    "latency_p50_ms": _latency(0.5),
    "latency_p95_ms": _latency(0.95),
    "latency_p99_ms": _latency(0.99),
}
"""Metrics of the source `signals`: calls -> value and how many samples it rests on. Percentiles are nearest rank."""


def from_calls(calls: Iterable[Call], metric: str, since: datetime, now: datetime, interval: str) -> list[Measurement]:
    """One measurement per interval since the step began. Raises ConfigError for an unknown metric."""
    if metric not in METRICS:
        raise ConfigError(
            f"the source `signals` has no metric `{metric}`",
            hint=f"it has {', '.join(METRICS)} and health; others come from prometheus or a file",
        )
    ends = ends_of(since, now, interval)
    if not ends:
        return []
    step = timedelta(milliseconds=duration_ms(interval))
    first = ends[0] - step
    by_interval: list[list[Call]] = [[] for _ in ends]
    for call in calls:
        place = math.ceil((call.at - first) / step) - 1  # an interval has its end, and not its start
        if 0 <= place < len(ends):
            by_interval[place].append(call)
    return [Measurement(end, *METRICS[metric](inside)) for end, inside in zip(ends, by_interval, strict=True)]


class HealthPoint(NamedTuple):
    """The health score of one validation run: when it ended, the score, and how many calls it rests on."""

    at: datetime
    health: float
    calls: int


def from_health(points: Iterable[HealthPoint], since: datetime, now: datetime, interval: str) -> list[Measurement]:
    """One measurement per interval since the step began: the lowest health score of a run that ended in it."""
    ends = ends_of(since, now, interval)
    if not ends:
        return []
    step = timedelta(milliseconds=duration_ms(interval))
    known = list(points)
    found = []
    for end in ends:
        inside = [p for p in known if end - step < p.at <= end]
        lowest = min((p.health for p in inside), default=None)
        found.append(Measurement(end, lowest, sum(p.calls for p in inside)))
    return found


def from_rows(value: Any, metric: str | None, since: datetime, now: datetime, place: str) -> list[Measurement]:
    """Measurements of a file: a list of `{at, value, samples}`, or an object that holds such a list per metric.

    Rows from before the step, and from the future, do not count. Raises ConfigError for another form.
    """
    if isinstance(value, dict):
        if metric is None or metric not in value:
            known = ", ".join(f"`{name}`" for name in sorted(map(str, value)))
            raise ConfigError(f"{place}: no metric `{metric or ''}`", hint=f"it has {known or 'none'}")
        value = value[metric]
    if not isinstance(value, list):
        raise ConfigError(
            f"{place}: not a list of measurements", hint='[{"at": "2026-11-01T10:00Z", "value": 0.01, "samples": 250}]'
        )
    found = []
    for number, row in enumerate(value):
        try:
            at, figure = from_text(row["at"]), row["value"]
            if isinstance(figure, bool) or not isinstance(figure, int | float | None):
                raise TypeError
            samples = row.get("samples", 1)
            if isinstance(samples, bool) or not isinstance(samples, int):
                raise TypeError
        except (KeyError, TypeError, AttributeError, UsageError):
            raise ConfigError(f"{place}: row {number} is no measurement", hint="at, value and samples") from None
        if since < at <= now:
            found.append(Measurement(at, None if figure is None else float(figure), samples))
    return sorted(found, key=lambda m: m.at)[-MOST:]


def needs_metric(gate: Gate) -> str:
    """The gate's metric. Raises ConfigError."""
    if not gate.metric:
        raise ConfigError(f"gate `{gate.name or gate.kind}`: `metric` is missing")
    return gate.metric
