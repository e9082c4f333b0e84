"""Providers as they are listed: what the file says beside what is observed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from pxctl.model.base import Model
from pxctl.model.signals import ProviderHealth

Observed = Literal["pending_validation", "pending_fix", "passing", "degraded", "unreachable", "disabled"]


class ChainLink(Model):
    """One model of a provider's chain: its default model, then its fallback models."""

    model: str
    able: bool
    why: str = Field(default="", description="why not, or why it is the one in use")


class ProviderRow(Model):
    """One provider."""

    id: str
    display_name: str
    kind: str
    status: str
    enabled: bool
    priority: int
    observed: Observed
    why: str = ""
    secret_policy: str
    secret_present: bool | None = Field(default=None, description="absent: not asked, or the store does not say")
    health: float | None = None
    last_checked: datetime | None = None
    evidence_until: datetime | None = None
    signals: ProviderHealth
    chain: tuple[ChainLink, ...] = ()
    active: str | None = Field(default=None, description="the first model of the chain that is able")
    onboarding_seconds: float | None = Field(
        default=None, description="from the file's first commit to its first full release"
    )


class ProviderList(Model):
    """Providers, filtered and sorted."""

    schema_version: Literal[1] = 1
    environment: str | None = None
    providers: tuple[ProviderRow, ...] = ()


class Registration(Model):
    """What registering a provider did."""

    schema_version: Literal[1] = 1
    provider: str
    path: str
    text: str
    stored: str | None = Field(default=None, description="the reference under which the secret was stored")
    version: str | None = None
    branch: str | None = None
    commit: str | None = None
    pull_request: str | None = None
    trace_id: str = ""
    warnings: tuple[str, ...] = ()
