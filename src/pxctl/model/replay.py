"""What came of a replay or a simulation, as a value that renderers show.

Costs are integers of 1e-12 USD, times microseconds, shares numbers from 0 to 1.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pxctl.model.base import Model


class Totals(Model):
    """Sums over some requests. The second half is 0 where nothing was simulated beyond the decision.

    `cost` is the estimate of the primary for a replay, and of the deployment that answered in a simulation.
    """

    requests: int = 0
    routed: int = 0
    refused: int = 0
    from_fallbacks: int = 0
    degraded: int = 0
    cost: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    primary_ok: int = Field(default=0, description="answered by the primary")
    fallback_ok: int = Field(default=0, description="answered by a fallback after the primary failed")
    failed: int = Field(default=0, description="routed, and nobody answered")
    sla_asked: int = 0
    sla_met: int = 0
    latency_sum: int = 0
    latency_p50: int = 0
    latency_p95: int = 0

    @property
    def hit_rate(self) -> float | None:
        """Requests that the primary answered, over all routed."""
        return self.primary_ok / self.routed if self.routed else None

    @property
    def fallback_success(self) -> float | None:
        """Requests that a fallback answered, over those whose primary failed."""
        tried = self.routed - self.primary_ok
        return self.fallback_ok / tried if tried else None

    @property
    def served(self) -> float | None:
        """Requests that somebody answered, over all."""
        return (self.primary_ok + self.fallback_ok) / self.requests if self.requests else None

    @property
    def sla(self) -> float | None:
        """Requests answered in time, over those that asked for a time."""
        return self.sla_met / self.sla_asked if self.sla_asked else None

    @property
    def refused_share(self) -> float:
        """Refused over all."""
        return self.refused / self.requests if self.requests else 0.0


class Window(Model):
    """What happened in one stretch of time; `at` and `length` are microseconds of the trace's own time."""

    at: int
    length: int
    totals: Totals
    deployments: dict[str, int] = Field(default_factory=dict, description="requests by primary")
    answered: dict[str, int] = Field(default_factory=dict, description="requests by who answered; simulations only")
    safe_mode: bool = False
    open_circuits: tuple[str, ...] = ()


class Event(Model):
    """Something that changed during a simulation."""

    at: int
    what: str


class Met(Model):
    """A fault, when it began, and how many requests met it.

    A request meets a fault of calls where it calls such a deployment, and one of telemetry or prices where its route
    names such a deployment.
    """

    what: str
    at: int
    requests: int


class Held(Model):
    """One expectation of a scenario, and whether it held."""

    name: str
    wanted: str
    got: str
    ok: bool


class ReplayReport(Model):
    """A whole run. `rejected` counts requests that the configuration refuses to judge, by message."""

    schema_version: Literal[1] = 1
    kind: Literal["replay", "simulation"] = "replay"
    trace: str | None = None
    scenario: str | None = None
    description: str = ""
    policy: str | None = None
    seed: int = 1
    source: str | None = None
    rows: int = 0
    duration: int = 0
    totals: Totals = Totals()
    refusals: dict[str, int] = Field(default_factory=dict)
    excluded: dict[str, int] = Field(
        default_factory=dict, description="requests without a candidate, by the reasons that excluded one"
    )
    rejected: dict[str, int] = Field(default_factory=dict)
    deployments: dict[str, Totals] = Field(default_factory=dict)
    regions: dict[str, Totals] = Field(default_factory=dict)
    routes: dict[str, Totals] = Field(default_factory=dict)
    policies: dict[str, Totals] = Field(default_factory=dict)
    tenants: dict[str, Totals] = Field(default_factory=dict)
    arms: dict[str, Totals] = Field(default_factory=dict)
    fallbacks: dict[int, int] = Field(default_factory=dict, description="routed requests by number of fallbacks")
    paths: dict[str, int] = Field(default_factory=dict, description="which deployment stood in for which")
    fault_paths: dict[str, dict[str, int]] = Field(default_factory=dict, description="`paths` under each set of faults")
    answered: dict[str, int] = Field(default_factory=dict, description="requests by who answered; simulations only")
    bases: dict[str, int] = Field(default_factory=dict, description="routed requests by what their cost rests on")
    faults: tuple[Met, ...] = ()
    safe_mode_since: int | None = Field(default=None, description="when safe mode first tripped")
    windows: tuple[Window, ...] = ()
    events: tuple[Event, ...] = ()
    expectations: tuple[Held, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every expectation held."""
        return all(held.ok for held in self.expectations)

    @property
    def unmet(self) -> tuple[str, ...]:
        """The faults that no request met: nothing was shown of them."""
        return tuple(fault.what for fault in self.faults if not fault.requests)
