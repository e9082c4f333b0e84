"""Flags, guarantees, scenarios and registered configuration keys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pxctl.model.base import DeploymentText, Duration, Id, Model, Money, Name
from pxctl.model.routing import Match


class FlagDefinition(Model):
    """One flag in flagd's schema (v0)."""

    state: Literal["ENABLED", "DISABLED"]
    variants: Annotated[dict[str, Any], Field(min_length=1)]
    default_variant: str | None = Field(default=None, alias="defaultVariant")
    targeting: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class FlagFile(Model):
    """A file of flag definitions in flagd's schema."""

    schema_ref: str | None = Field(default=None, alias="$schema")
    flags: dict[str, FlagDefinition] = Field(default_factory=dict)
    evaluators: dict[str, Any] = Field(default_factory=dict, alias="$evaluators")
    metadata: dict[str, Any] | None = None


class Condition(Model):
    """What a chosen deployment must (or must never) be: every given field must hold."""

    deployments: Annotated[tuple[DeploymentText, ...], Field(min_length=1)] | None = None
    providers: Annotated[tuple[Id, ...], Field(min_length=1)] | None = None
    regions: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    kinds: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    capabilities: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    privacy_max: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    training_on_data: bool | None = None
    refused: bool | None = Field(default=None, description="the request is refused")

    @model_validator(mode="after")
    def _something(self) -> Condition:
        if not self.model_dump(exclude_none=True):
            raise ValueError("a condition needs at least one field")
        return self


class Survives(Model):
    """How many outages at once leave every request a deployment."""

    providers_down: Annotated[int, Field(ge=0, le=4)] = 0
    regions_down: Annotated[int, Field(ge=0, le=4)] = 0


class Guarantee(Model):
    """A sentence about a policy that must hold for every context that `when` matches."""

    name: Id
    description: str = ""
    policies: tuple[Id, ...] = ()
    when: Match = Match.model_construct()
    always: Condition | None = None
    never: Condition | None = None
    survives: Survives | None = None
    cost_at_most: Money | None = None
    latency_at_most: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_claim(self) -> Guarantee:
        names = ("always", "never", "survives", "cost_at_most", "latency_at_most")
        if sum(getattr(self, name) is not None for name in names) != 1:
            raise ValueError("a guarantee makes exactly one claim: " + ", ".join(names))
        return self


class GuaranteeFile(Model):
    """`guarantees.yaml`."""

    guarantees: Annotated[tuple[Guarantee, ...], Field(min_length=1)]


class Fault(Model):
    """Something that goes wrong in a simulated window of time."""

    kind: Literal[
        "provider_outage", "region_outage", "latency_spike", "error_storm", "quota_exhausted",
        "price_service_timeout", "health_telemetry_late", "health_telemetry_missing", "credential_expired",
    ]  # fmt: skip
    target: Name | None = Field(default=None, description="a provider, a region or a deployment; absent: all")
    at: Duration = "0s"
    for_: Duration | None = Field(default=None, alias="for")
    factor: Annotated[float, Field(gt=0)] | None = None
    rate: Annotated[float, Field(ge=0, le=1)] | None = None


class Expectation(Model):
    """What must hold at the end of a scenario's run."""

    hit_rate_min: Annotated[float, Field(ge=0, le=1)] | None = None
    fallback_success_min: Annotated[float, Field(ge=0, le=1)] | None = None
    served_min: Annotated[float, Field(ge=0, le=1)] | None = None
    refused_max: Annotated[float, Field(ge=0, le=1)] | None = None
    sla_min: Annotated[float, Field(ge=0, le=1)] | None = None
    cost_usd_max: Money | None = None
    safe_mode_within: Duration | None = None
    regions_only: tuple[Name, ...] | None = None
    never: tuple[DeploymentText, ...] | None = None


class Population(Model):
    """Seeded shares that give a trace the dimensions it lacks; values by dimension, each with a weight."""

    tenant: dict[str, float] | Literal["roster"] = "roster"
    task_type: dict[str, float] = Field(default_factory=dict)
    task_tags: dict[str, float] = Field(default_factory=dict)
    modality: dict[str, float] = Field(default_factory=dict)
    language: dict[str, float] = Field(default_factory=dict)
    privacy: dict[str, float] = Field(default_factory=dict)
    risk_level: dict[str, float] = Field(default_factory=dict)
    region: dict[str, float] = Field(default_factory=dict)
    features: dict[str, float] = Field(default_factory=dict)
    budget_usd: dict[str, float] = Field(default_factory=dict)
    sla_ms: dict[str, float] = Field(default_factory=dict)


class Scenario(Model):
    """A named task template and its faults for the simulator."""

    name: Id
    description: str = ""
    template: Match = Field(default=Match(), description="what every request of the scenario carries")
    policy_override: Id | None = Field(default=None, description="decide with this policy (scenario: bad policy)")
    population: Population = Population.model_construct()
    requests: Annotated[int, Field(gt=0, le=100_000_000)] = 10_000
    duration: Duration = "10m"
    seed: int = 1
    faults: tuple[Fault, ...] = ()
    safe_mode_off_at: Duration | None = None
    expect: Expectation = Expectation.model_construct()


class ConfigKey(Model):
    """A configuration key or environment variable that the configuration may name."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
    kind: Literal["env", "vault", "aws-secrets", "file", "keyring", "config"] = "env"
    description: str = ""
    owner: Name | None = None


class ConfigKeys(Model):
    """`config_keys.yaml`."""

    keys: Annotated[tuple[ConfigKey, ...], Field(min_length=1)]
