"""The dated result of running validation suites against a real endpoint."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from pxctl.model.base import Model


class SuiteResult(Model):
    """One suite against one model in one region."""

    suite: str
    model: str
    region: str
    passed: bool
    calls: int
    failures: int = 0
    latency_ms: tuple[float, ...] = Field(default=(), description="one a call, in milliseconds")
    latency_p50_ms: float | None = None
    latency_p95_ms: float | None = None
    cost_usd: str = "0.000000"
    tokens: int = 0
    error: str | None = Field(default=None, description="class of our error taxonomy")
    reason: str | None = Field(default=None, description="what the operator can do; redacted")
    expires_at: datetime | None = None
    attempts: int = Field(default=0, description="requests sent, retries included")
    failed_attempts: int = 0
    sent: str = Field(default="", description="what was asked, in words")
    measured: dict[str, float] = Field(default_factory=dict, description="what else was measured; names carry units")
    request_ids: tuple[str, ...] = Field(default=(), description="the vendor's ids of the requests")


class CallSample(Model):
    """One request to one deployment, as signals keeps it."""

    provider: str
    deployment: str
    at: datetime
    ok: bool
    latency_ms: float | None = None
    error_code: str | None = None
    error_message: str | None = Field(default=None, description="redacted")


class Evidence(Model):
    """What a validation run showed about one provider. Never holds a secret or a full payload."""

    schema_version: Literal[1] = 1
    provider: str
    blob: str = Field(description="git blob id of the provider file that was validated")
    credential_version: str | None = None
    tool_version: str
    environment: str | None = None
    started_at: datetime
    finished_at: datetime
    expires_at: datetime
    passed: bool
    partial: bool = False
    health: float = Field(ge=0, le=1)
    health_parts: dict[str, float] = Field(default_factory=dict)
    min_health: float = 0.0
    results: tuple[SuiteResult, ...]
    overrides: dict[str, str] = Field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    digest: str = ""

    @property
    def state(self) -> Literal["passing", "pending_fix"]:
        """The observed state that this evidence gives the provider."""
        return "passing" if self.passed else "pending_fix"


class ValidationReport(Model):
    """What one `pxctl validate` came to. It passes if every provider did."""

    schema_version: Literal[1] = 1
    environment: str | None = None
    source: str | None = Field(default=None, description="the commit whose files were validated; absent: a work tree")
    base: str | None = Field(default=None, description="the commit whose credential grants applied")
    interrupted: bool = False
    evidence: tuple[Evidence, ...] = ()
    stored: bool = True
    warnings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there is evidence and all of it passes."""
        return bool(self.evidence) and not self.interrupted and all(one.passed for one in self.evidence)
