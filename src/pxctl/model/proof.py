"""What a proof says: guarantees that hold or are broken, and what is noteworthy without being asked."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pxctl.model.base import Model
from pxctl.model.context import Context
from pxctl.model.decision import Decision
from pxctl.model.signals import Signals

Status = Literal["holds", "broken", "undecided", "vacuous"]


class Counterexample(Model):
    """A concrete request, what is decided for it under `signals`, and the route that allows it.

    `signals` are all healthy unless the fault shows only when others fail; then `down` names what had to fail.
    """

    policy: str
    route: str | None
    arm: str | None = None
    deployment: str | None = None
    message: str
    context: Context
    decision: Decision
    signals: Signals
    down: tuple[str, ...] = ()
    where: str | None = Field(default=None, description="file:line of the route")


class GuaranteeResult(Model):
    """The verdict on one guarantee; `vacuous` when no request of the roster is meant by it."""

    name: str
    description: str = ""
    claim: str
    status: Status
    policies: tuple[str, ...] = ()
    message: str = ""
    counterexample: Counterexample | None = None
    parts: int = Field(default=0, description="how many parts of the space of requests were looked at")
    where: str | None = Field(default=None, description="file:line of the guarantee")


class RouteFinding(Model):
    """Something about one route (or, without a route, about a policy), with a request that shows it."""

    kind: Literal["dead_route", "no_route", "can_refuse"]
    policy: str
    route: str | None = None
    message: str
    example: Context | None = None
    where: str | None = None


class Outage(Model):
    """Providers whose failure leaves some request of a route, otherwise served, without any deployment."""

    policy: str
    route: str
    down: tuple[str, ...]
    example: Context
    where: str | None = None


class ChainLeft(Model):
    """What is left of a route when one provider fails, and the worst that it can then cost and take.

    Cost is 1e-12 USD a request (absent: without bound), latency milliseconds (the route's bound, else the provider's
    time-out)."""

    policy: str
    route: str
    down: str
    left: tuple[str, ...]
    worst_cost: int | None = None
    worst_latency_ms: int | None = None


class ProofReport(Model):
    """Everything that `pxctl prove` says. It fails when a guarantee is broken or could not be decided."""

    schema_version: Literal[1] = 1
    source: str | None = None
    guarantees: tuple[GuaranteeResult, ...] = ()
    findings: tuple[RouteFinding, ...] = ()
    outages: tuple[Outage, ...] = ()
    chains: tuple[ChainLeft, ...] = ()
    policies: tuple[str, ...] = ()
    unused: tuple[str, ...] = Field(default=(), description="policies that no tenant has; nothing can be said of them")
    limits: tuple[str, ...] = Field(default=(), description="what was too large to be looked at whole")
    assumptions: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a guarantee is broken or undecided."""
        return any(result.status in ("broken", "undecided") for result in self.guarantees)


class DecisionChange(Model):
    """One pair of routes between which decisions change, with one concrete request.

    `certain` is false where the routes differ but none of the requests that were tried was decided otherwise: their
    decisions may differ under signals that were not tried.
    """

    tenants: int = Field(description="how many tenants take part")
    policy: str
    route_before: str | None
    route_after: str | None
    certain: bool
    kinds: int = Field(default=0, description="kinds of requests that are treated differently; see `counted`")
    message: str
    when: str = Field(default="", description="what must be so for the example to show it; empty: all is well")
    example: Context | None = None
    before: Decision | None = None
    after: Decision | None = None
    signals: Signals | None = None


class DecisionDifference(Model):
    """The comparison of two compiled configurations over all requests of the tenants that both know.

    `unchanged` is a proof: no request is decided otherwise, whatever the signals. `kinds` of requests were compared
    (docs/plan.md says what a kind is), `kinds_changed` of them are treated differently; both are exact.
    """

    schema_version: Literal[1] = 1
    unchanged: bool
    changes: tuple[DecisionChange, ...] = ()
    tenants_added: tuple[str, ...] = ()
    tenants_removed: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    parts: int = Field(default=0, description="how many boxes of requests were looked at")
    kinds: int = 0
    kinds_changed: int = 0
    counted: bool = Field(default=True, description="false: the counts of changes are `at least so many`")
    pairs: int = Field(default=0, description="pairs of routes that differ, those too that are not among `changes`")
