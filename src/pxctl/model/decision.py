"""A decision, rendered: which deployment a request goes to, and why not the others."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from pxctl.model.base import Model


class Reason(StrEnum):
    """Why a candidate is excluded, in the order in which the reasons are tried."""

    SAFE_MODE = "safe_mode"
    DISABLED = "disabled"
    NOT_RELEASED = "not_released"
    TENANT_DENIED = "tenant_denied"
    NO_CREDENTIAL = "no_credential"
    MODALITY = "modality"
    MISSING_CAPABILITY = "missing_capability"
    LANGUAGE = "language"
    PRIVACY = "privacy"
    REGION = "region"
    CONTEXT_WINDOW = "context_window"
    QUOTA = "quota"
    CIRCUIT_OPEN = "circuit_open"
    HEALTH = "health"
    LATENCY = "latency"
    BUDGET = "budget"


class Refusal(StrEnum):
    """Why a request gets no deployment at all."""

    PRIVACY_CEILING = "privacy_ceiling"
    NO_ROUTE = "no_route"
    NO_CANDIDATE = "no_candidate"


CostBasis = Literal["quote", "file", "ceiling"]

PICO = 10**12
"""Money is counted in integers of 1e-12 USD."""


def usd(pico: int) -> str:
    """USD with six decimals, rounded up: a cost is never shown smaller than it is."""
    micro = -(-pico // 1_000_000)
    return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"


class Considered(Model):
    """One candidate or listed fallback in the trace."""

    deployment: str
    kept: bool
    reason: Reason | None = None
    rank: int | None = Field(default=None, description="0 is first; only kept candidates have one")
    score: int | None = Field(default=None, description="the strategy's integer score, smaller is better")
    cost: int | None = Field(default=None, description="1e-12 USD")
    cost_basis: CostBasis | None = None
    stale_health: bool = False


class Decision(Model):
    """Where one request goes. A refusal is a decision with no primary."""

    schema_version: Literal[1] = 1
    trace_id: str = ""
    tenant: str
    policy: str
    policy_version: str | None = None
    source: str | None = Field(default=None, description="the commit whose content decided")
    route: str | None = None
    experiment: str | None = None
    arm: str | None = None
    primary: str | None = None
    fallbacks: tuple[str, ...] = ()
    from_fallbacks: bool = False
    degraded: bool = False
    safe_mode: bool = False
    refusal: Refusal | None = None
    cost: int | None = Field(default=None, description="the primary's estimate in 1e-12 USD")
    cost_basis: CostBasis | None = None
    strategy: str | None = None
    candidates: tuple[Considered, ...] = ()
    listed_fallbacks: tuple[Considered, ...] = ()
