"""A provider: one account at one vendor, or one self-hosted server, with what it serves."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from pxctl.model.base import NO_SECRET_KINDS, Duration, Id, Language, Medium, Model, ModelId, Money, Name
from pxctl.model.price import Price as Price

Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["openai_compatible", "anthropic", "ollama"])]
"""An adapter's name; the built-in ones are in `KINDS`, others come by entry point."""

KINDS = ("openai_compatible", "anthropic", "gemini", "azure_openai", "bedrock", "ollama", "llama_cpp", "other")
Suite = Literal["chat", "streaming", "tools", "structured", "vision", "embeddings", "speech", "long_context"]


class Endpoint(Model):
    """Where a provider answers in one region."""

    region: Name
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2000)]


class ModelModality(Model):
    """What goes in and what comes out."""

    input: Annotated[tuple[Medium, ...], Field(min_length=1)] = ("text",)
    output: Annotated[tuple[Medium, ...], Field(min_length=1)] = ("text",)


class ModelSpec(Model):
    """A model that a provider serves."""

    id: ModelId
    modality: ModelModality = ModelModality.model_construct()
    capabilities: tuple[Name, ...] = ()
    context_tokens: Annotated[int, Field(gt=0)] | None = None
    max_output_tokens: Annotated[int, Field(gt=0)] | None = None
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("*",)
    price: Price | None = None
    deployment_name: Name | None = Field(default=None, description="the vendor's own name for it, where it differs")


class Rotation(Model):
    """How often a credential is to be renewed."""

    every: Duration
    warn_before: Duration = "14d"


class Retries(Model):
    """How a call to this provider is retried."""

    max: Annotated[int, Field(ge=0, le=10)] = 2
    backoff: Literal["exponential", "fixed"] = "exponential"
    jitter: Literal["full", "none"] = "full"


class Limits(Model):
    """What the account allows: requests and tokens a minute, calls at once."""

    rpm: Annotated[int, Field(gt=0)] | None = None
    tpm: Annotated[int, Field(gt=0)] | None = None
    concurrency: Annotated[int, Field(gt=0)] | None = None


class Compliance(Model):
    """What the vendor's contract permits."""

    privacy_max: Name | None = Field(default=None, description="highest privacy level it may see; absent: the lowest")
    data_regions: tuple[Name, ...] = ()
    retention_days: Annotated[int, Field(ge=0)] | None = None
    training_on_data: bool | None = None
    documents: tuple[str, ...] = ()


class TenantAccess(Model):
    """Who may use it: `*`, a tenant id, `tier:x` or `business_line:x`; deny wins."""

    allow: tuple[Name, ...] = ("*",)
    deny: tuple[Name, ...] = ()


class ValidationSpec(Model):
    """Which suites must pass, and how well."""

    suites: tuple[Suite, ...] = ()
    min_health: Annotated[float, Field(ge=0, le=1)] = 0.9
    max_p95_ms: Annotated[int, Field(gt=0)] | None = None
    max_error_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    budget_usd: Money | None = None
    max_calls: Annotated[int, Field(gt=0)] | None = None
    evidence_ttl: Duration = "7d"


class Provider(Model):
    """One account at one vendor, or one self-hosted server."""

    id: Id
    display_name: Name
    kind: Kind
    enabled: bool = True
    status: Literal["draft", "active", "standby", "disabled"] = "draft"
    priority: Annotated[int, Field(ge=0, le=1000)] = 100
    endpoints: Annotated[tuple[Endpoint, ...], Field(min_length=1)]
    secret_policy: Literal["required", "optional", "none"] = "required"
    credential_ref: str | None = None
    credentials: dict[Name, str] = Field(default_factory=dict)
    rotation: Rotation | None = None
    timeout_ms: Annotated[int, Field(gt=0, le=3_600_000)] = 30_000
    tool_timeout_ms: Annotated[int, Field(gt=0, le=3_600_000)] | None = None
    retries: Retries = Retries.model_construct()
    limits: Limits = Limits.model_construct()
    default_model: ModelId | None = None
    fallback_models: tuple[ModelId, ...] = ()
    models: Annotated[tuple[ModelSpec, ...], Field(min_length=1)]
    compliance: Compliance = Compliance.model_construct()
    tenants: TenantAccess = TenantAccess.model_construct()
    validation: ValidationSpec = ValidationSpec.model_construct()
    rollout: Name | None = None
    options: dict[str, str] = Field(default_factory=dict, description="what the adapter needs, such as api_version")
    limitations: tuple[str, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict, description="never sensitive")

    @model_validator(mode="before")
    @classmethod
    def _no_secret_by_default(cls, data: Any) -> Any:
        if isinstance(data, dict) and "secret_policy" not in data:
            kind = data.get("kind")
            if isinstance(kind, str) and kind in NO_SECRET_KINDS:
                return {**data, "secret_policy": "none"}
        return data

    @field_validator("endpoints")
    @classmethod
    def _regions_once(cls, endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
        regions = [endpoint.region for endpoint in endpoints]
        for region in regions:
            if regions.count(region) > 1:
                raise ValueError(f"region `{region}` has two endpoints; keep one, or name a region of its own")
        return endpoints

    @field_validator("models")
    @classmethod
    def _models_once(cls, models: tuple[ModelSpec, ...]) -> tuple[ModelSpec, ...]:
        seen: set[str] = set()
        for model in models:
            if model.id in seen:
                raise ValueError(f"model `{model.id}` is listed twice; keep one")
            seen.add(model.id)
        return models

    def credential_refs(self) -> dict[str, str]:
        """Every credential by name; `credential_ref` is short for `api_key`."""
        refs = dict(self.credentials)
        if self.credential_ref is not None:
            refs.setdefault("api_key", self.credential_ref)
        return refs
