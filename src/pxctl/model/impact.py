"""What a change does: to files in meaning, to decisions on traffic, to every possible decision, to tenants.

Costs are integers of 1e-12 USD, latencies microseconds.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pxctl.model.base import Model
from pxctl.model.context import Context
from pxctl.model.proof import DecisionDifference


class MeaningChange(Model):
    """One thing that a configuration means differently; layout, comments and spelled-out defaults are nothing."""

    kind: str = Field(description="policy, provider, tenant, flags, guarantee, scenario, project, ...")
    id: str
    what: Literal["added", "removed", "changed", "reordered"]
    path: str = Field(default="", description="where in the object, by names: routes/free-chat/candidates")
    before: str | None = None
    after: str | None = None


class Side(Model):
    """One side's sums over the traffic; `latency` sums the expected p95 of the `timed` requests."""

    served: int = 0
    refused: int = 0
    unjudged: int = Field(default=0, description="requests that the configuration refuses to judge")
    cost: int = 0
    latency: int = 0
    timed: int = 0

    @property
    def mean_latency(self) -> float | None:
        """Mean expected latency of the served requests that have one."""
        return self.latency / self.timed if self.timed else None


class Move(Model):
    """Requests that went to `before` and now go to `after`; a refusal stands in brackets, as `(no_route)`."""

    before: str
    after: str
    requests: int
    cost_before: int
    cost_after: int
    tenants: int


class Example(Model):
    """One concrete request whose decision changed."""

    row: int | None = None
    context: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]


class RoutePair(Model):
    """Changed requests that took one route before and one after (None: no route), and the first of them."""

    policy: str
    before: str | None
    after: str | None
    requests: int
    row: int
    example: Context


class TrafficImpact(Model):
    """What a change does to the decisions on one trace."""

    trace: str
    seed: int
    rows: int
    changed: int = Field(description="decisions whose outcome differs: primary, fallbacks, cost or refusal")
    primary_changed: int = 0
    fallbacks_changed: int = Field(default=0, description="same primary, other fallbacks")
    cost_changed: int = Field(default=0, description="same chain, other cost")
    newly_refused: int = 0
    newly_served: int = 0
    region_changed: int = Field(default=0, description="the primary stands in another region")
    region_widened: int = Field(default=0, description="the chain reaches a region that it did not reach")
    before: Side = Side()
    after: Side = Side()
    moves: tuple[Move, ...] = ()
    regions: dict[str, int] = Field(default_factory=dict, description="`eu -> us`: requests")
    tenants: dict[str, int] = Field(default_factory=dict, description="changed decisions by tenant")
    routes: dict[str, int] = Field(default_factory=dict, description="changed decisions by the route before")
    pairs: tuple[RoutePair, ...] = ()
    examples: tuple[Example, ...] = ()


class Limit(Model):
    """One `--fail-on` threshold, and what the change measured against it."""

    text: str
    measured: str
    ok: bool


class ChangePlan(Model):
    """All of it: what reviewers see on a pull request."""

    schema_version: Literal[1] = 1
    base: str
    head: str
    base_commit: str | None = None
    head_commit: str | None = None
    meaning: tuple[MeaningChange, ...] = ()
    traffic: TrafficImpact | None = None
    proof: DecisionDifference | None = Field(default=None, description="over all requests, whatever the signals")
    tenants: tuple[str, ...] = Field(default=(), description="tenants whose decisions change on the traffic")
    limits: tuple[Limit, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything differs in meaning or in a decision."""
        return bool(self.meaning) or (self.traffic is not None and self.traffic.changed > 0) or self.proved is False

    @property
    def proved(self) -> bool | None:
        """True: no decision changes, for any request. False: one certainly does. None: neither was shown."""
        if self.proof is None:
            return None
        if self.proof.unchanged:
            return True
        return False if any(change.certain for change in self.proof.changes) else None

    @property
    def ok(self) -> bool:
        """Whether every threshold was kept."""
        return all(limit.ok for limit in self.limits)
