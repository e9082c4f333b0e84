"""A routing policy: ordered routes; the first whose match holds decides."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pxctl.model.base import DeploymentText, Id, Language, Modality, Model, Money, Name, RiskLevel, TenantId
from pxctl.model.candidate import candidate_text as candidate_text
from pxctl.model.candidate import candidate_weight as candidate_weight

_Names = Annotated[tuple[Name, ...], Field(min_length=1)]


class TokenBounds(Model):
    """Inclusive bounds on a count."""

    min: Annotated[int, Field(ge=0)] | None = None
    max: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> TokenBounds:
        if self.min is None and self.max is None:
            raise ValueError("bounds need `min`, `max` or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"bounds are empty: min {self.min} is above max {self.max}")
        return self


class MoneyBounds(Model):
    """Inclusive bounds on an amount of USD."""

    min: Money | None = None
    max: Money | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> MoneyBounds:
        if self.min is None and self.max is None:
            raise ValueError("bounds need `min`, `max` or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"bounds are empty: min {self.min} is above max {self.max}")
        return self


class Match(Model):
    """A conjunction over dimensions; within one, any listed value matches. `{}` matches everything."""

    tenant: Annotated[tuple[TenantId, ...], Field(min_length=1)] | None = None
    tier: _Names | None = None
    business_line: _Names | None = None
    task_type: _Names | None = None
    task_tags: _Names | None = None
    modality: Annotated[tuple[Modality, ...], Field(min_length=1)] | None = None
    language: Annotated[tuple[Language, ...], Field(min_length=1)] | None = None
    privacy: _Names | None = None
    risk_level: Annotated[tuple[RiskLevel, ...], Field(min_length=1)] | None = None
    region: _Names | None = None
    features: _Names | None = None
    input_tokens: TokenBounds | None = None
    output_tokens: TokenBounds | None = None
    budget_usd: MoneyBounds | None = None
    sla_ms: TokenBounds | None = None


class Constraints(Model):
    """What every candidate and fallback of a route must satisfy."""

    regions: _Names | None = None
    min_health: Annotated[float, Field(ge=0, le=1)] | None = None
    max_latency_ms: Annotated[int, Field(gt=0)] | None = None
    max_cost_usd: Money | None = None


class BalancedWeights(Model):
    """How much health, cost and latency count."""

    health: Annotated[float, Field(ge=0, le=1000)] = 0.0
    cost: Annotated[float, Field(ge=0, le=1000)] = 0.0
    latency: Annotated[float, Field(ge=0, le=1000)] = 0.0

    @model_validator(mode="after")
    def _something_counts(self) -> BalancedWeights:
        if self.health + self.cost + self.latency <= 0:
            raise ValueError("balanced needs at least one weight above 0")
        return self


class Balanced(Model):
    """Rank by a weighted sum of normalised health, cost and latency."""

    balanced: BalancedWeights


Strategy = Literal["listed", "priority", "weighted", "cheapest", "fastest"] | Balanced


class WeightedCandidate(Model):
    """A candidate with its share under `weighted`."""

    deployment: DeploymentText
    weight: Annotated[int, Field(ge=0, le=1_000_000)] = 100


Candidate = DeploymentText | WeightedCandidate


class Arm(Model):
    """One arm of an experiment: its share in percent, and what it replaces."""

    share: Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]
    candidates: Annotated[tuple[Candidate, ...], Field(min_length=1)] | None = None
    strategy: Strategy | None = None


class Experiment(Model):
    """A split of a route's requests; what no arm takes is the control: the route itself."""

    name: Id
    unit: Literal["tenant", "request"] = "tenant"
    seed: Name | None = Field(default=None, description="default: experiment/<policy>/<name>")
    arms: Annotated[dict[Id, Arm], Field(min_length=1)]

    @model_validator(mode="after")
    def _shares_fit(self) -> Experiment:
        total = sum(arm.share for arm in self.arms.values())
        if total > 100:
            raise ValueError(f"the arms' shares add up to {total} %, above 100 %")
        return self


class Route(Model):
    """Which deployments may serve the requests that it matches, and in which order."""

    name: Id
    match: Match
    constraints: Constraints = Constraints.model_construct()
    strategy: Strategy = "listed"
    candidates: Annotated[tuple[Candidate, ...], Field(min_length=1)]
    fallbacks: tuple[DeploymentText, ...] = ()
    max_fallbacks: Annotated[int, Field(ge=0, le=20)] = 3
    experiment: Experiment | None = None


class SafeModeAllow(Model):
    """The only deployments that safe mode leaves."""

    allow: Annotated[tuple[DeploymentText, ...], Field(min_length=1)]


class Policy(Model):
    """Ordered routes under one name."""

    name: Id
    description: str = ""
    safe_mode: SafeModeAllow | None = None
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    metadata: dict[str, Any] = Field(default_factory=dict, description="never sensitive; nothing is decided by it")

    @model_validator(mode="after")
    def _names_once(self) -> Policy:
        seen: set[str] = set()
        for route in self.routes:
            if route.name in seen:
                raise ValueError(f"route `{route.name}` stands twice; names are unique within a policy")
            seen.add(route.name)
        return self
