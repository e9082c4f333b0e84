"""Measured facts, as values: what decide, columns and the simulator are given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

from pxctl.model.base import Model, Name
from pxctl.model.price import Price

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DeploymentSignal(Model):
    """What was measured of one deployment (`provider/model@region`)."""

    health: Annotated[float, Field(ge=0, le=1)] | None = None
    health_at: datetime | None = Field(default=None, description="absent: as old as can be")
    latency_p95_ms: Annotated[float, Field(ge=0)] | None = None
    error_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    circuit: Literal["closed", "open", "half_open"] = "closed"
    quota_requests: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="requests left; absent: unlimited"
    )
    quota_tokens: Annotated[int, Field(ge=0)] | None = Field(default=None, description="tokens left; absent: unlimited")
    quote: Price | None = None
    quote_at: datetime | None = None


class SafeMode(Model):
    """Where safe mode is on."""

    environment: bool = False
    business_lines: frozenset[Name] = frozenset()
    tenants: frozenset[str] = frozenset()

    def covers(self, tenant: str, business_line: str) -> bool:
        """Whether a tenant of that business line is in safe mode."""
        return self.environment or business_line in self.business_lines or tenant in self.tenants


class Signals(Model):
    """All measured facts at one moment."""

    now: datetime = EPOCH
    deployments: dict[str, DeploymentSignal] = Field(default_factory=dict)
    missing_credentials: frozenset[str] = Field(default=frozenset(), description="provider ids without a credential")
    safe_mode: SafeMode = SafeMode()


class ProviderHealth(Model):
    """What was measured of one provider in the last minutes; a field is absent where nothing was measured."""

    provider: str
    latency_ms_last: float | None = None
    latency_ms_avg_5m: float | None = None
    latency_ms_p95_5m: float | None = None
    success_rate_5m: Annotated[float, Field(ge=0, le=1)] | None = None
    failure_count_last_1m: int = 0
    last_checked_at: datetime | None = None
    last_error_code: str | None = None
    last_error_message: str | None = Field(default=None, description="redacted")
