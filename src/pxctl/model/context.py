"""What the planner knows of a request."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pxctl.model.base import OTHER, UNDETERMINED, Language, Modality, Model, Money, Name, RiskLevel, TenantId


class Context(Model):
    """A task context. Tier, business line and the default region come from the tenant, never from the request.

    Tokens are estimates, in tokens; money is USD; time is milliseconds. An absent budget or SLA is unlimited.
    """

    tenant: TenantId
    privacy: Name
    task_type: Name = OTHER
    task_tags: tuple[Name, ...] = ()
    modality: Modality = "chat"
    language: Language = UNDETERMINED
    risk_level: RiskLevel = "low"
    region: Name | None = None
    features: tuple[Name, ...] = ()
    user: str | None = None
    input_tokens: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    cached_input_tokens: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    output_tokens: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    budget_usd: Money | None = None
    sla_ms: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    trace_id: str = ""
    request_key: Annotated[int, Field(ge=0, lt=2**64)] | None = Field(
        default=None, description="64 bits; absent: from the trace id"
    )

    @model_validator(mode="after")
    def _cached_is_part(self) -> Context:
        if self.cached_input_tokens > self.input_tokens:
            raise ValueError("cached_input_tokens is a part of input_tokens and cannot be larger")
        return self
