"""Measurements from Prometheus, by its HTTP API (`/api/v1/query_range`).

A query that matches nothing has no samples; NaN (0/0: no traffic) is no value; both are inconclusive, never 0. Of
several series one that does not hold is taken, if there is one: all of them must hold.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from pxctl.core.errors import ConfigError
from pxctl.core.secret import Secret, brief
from pxctl.model.base import duration_ms
from pxctl.model.project import Gate
from pxctl.release.gates_sources import ends_of
from pxctl.release.gates_verdict import Measurement, condition
from pxctl.release.rest import Rest, RestError

HINTS = {400: "Prometheus does not understand the query", 401: "the token is not accepted", 404: "check its `url`",
         422: "Prometheus could not run the query"}  # fmt: skip
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")


def fill(query: str, values: Mapping[str, str]) -> str:
    """A query with `{{environment}}`, `{{provider}}`, ... put in, as PromQL string content. Raises ConfigError."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values:
            known = ", ".join(sorted(values))
            raise ConfigError(f"a query names `{{{{{name}}}}}`, which is not known here", hint=f"known: {known}")
        return values[name].replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'").replace("\n", "\\n")

    return _PLACEHOLDER.sub(value, query)


class Prometheus:
    """One server."""

    def __init__(self, url: str, token: Secret | None = None, *, timeout: float = 10.0, patience: float = 20.0) -> None:
        """Raises ConfigError for a URL that is neither https nor on this machine."""
        self._rest = Rest(url, token, hints=HINTS, timeout=timeout, patience=patience)

    def close(self) -> None:
        """Let go of connections."""
        self._rest.close()

    def measure(self, gate: Gate, since: datetime, now: datetime, values: Mapping[str, str]) -> list[Measurement]:
        """One measurement per interval since the step began; a query that fails is one measurement with its error.

        Raises ConfigError for a gate that cannot be asked.
        """
        label = gate.name or "metric"
        if not gate.query:
            raise ConfigError(f"gate `{label}`: `query` is missing")
        if gate.min_samples > 1 and not gate.samples_query:
            raise ConfigError(
                f"gate `{label}`: `min_samples` needs `samples_query`, which says how many samples a value rests on",
                hint="such as sum(increase(requests_total[5m]))",
            )
        ends = ends_of(since, now, gate.interval)
        if not ends:
            return []
        filled = {"interval": gate.interval, **values}
        try:
            found = self._range(fill(gate.query, filled), ends, gate.interval)
            counts = self._range(fill(gate.samples_query, filled), ends, gate.interval) if gate.samples_query else None
        except RestError as error:
            return [Measurement(end, error=error.message) for end in ends[-gate.count :]]
        pick = _furthest(gate.success)
        return [_measurement(end, found.get(_key(end), []), counts, pick) for end in ends]

    def _range(self, query: str, ends: list[datetime], interval: str) -> dict[int, list[float]]:
        params = {
            "query": query, "start": f"{ends[0].timestamp():.3f}", "end": f"{ends[-1].timestamp():.3f}",
            "step": f"{duration_ms(interval) / 1000:g}",
        }  # fmt: skip
        answer = self._rest.call("GET", "/api/v1/query_range", params=params)
        try:
            if answer["status"] != "success" or answer["data"]["resultType"] != "matrix":
                raise KeyError
            found: dict[int, list[float]] = {}
            for series in answer["data"]["result"]:
                for at, value in series["values"]:
                    found.setdefault(round(float(at) * 1000), []).append(float(value))
            return found
        except (KeyError, TypeError, ValueError):
            raise RestError(f"Prometheus answered in another form: {brief(str(answer), 120)}") from None


def _key(moment: datetime) -> int:
    return round(float(f"{moment.timestamp():.3f}") * 1000)


def _furthest(success: str | None) -> Callable[[list[float]], float]:
    """Which of several series is taken: one that does not hold, if there is one; else the last."""
    holds = condition(success) if success else (lambda _: True)
    return lambda values: next((v for v in values if not holds(v)), values[-1])


def _measurement(
    end: datetime, values: list[float], counts: Mapping[int, list[float]] | None, pick: Callable[[list[float]], float]
) -> Measurement:  # fmt: skip
    real = [v for v in values if not math.isnan(v)]
    if not real:
        return Measurement(end)
    if counts is None:
        return Measurement(end, pick(real), len(real))
    samples = [c for c in counts.get(_key(end), []) if math.isfinite(c)]
    return Measurement(end, pick(real), int(math.fsum(samples)))
