"""`pxctl.yaml`: environments, rollout plans, gates, approvals, thresholds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pxctl.model.base import Duration, Id, Model, Name, TenantId
from pxctl.model.tenant import TenantSelector

PRIVACY_LEVELS = ("public", "internal", "confidential", "restricted")

GateKind = Literal["evidence", "metric", "guarantees", "scenarios", "lint", "decisions", "approvals"]


class Gate(Model):
    """A condition that a step waits for. Metrics use Argo Rollouts' words; no samples is inconclusive."""

    kind: GateKind
    name: Name | None = None
    source: Literal["signals", "prometheus", "file"] | None = None
    metric: Name | None = None
    query: str | None = Field(default=None, description="PromQL; {{environment}}, {{provider}}, ... are filled in")
    samples_query: str | None = Field(default=None, description="PromQL: how many samples the value rests on")
    file: str | None = None
    success: Annotated[str, Field(pattern=r"^\s*(<=|>=|<|>|==)\s*-?[0-9]+(\.[0-9]+)?\s*$")] | None = None
    min_samples: Annotated[int, Field(ge=1)] = 1
    interval: Duration = "1m"
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    failure_limit: Annotated[int, Field(ge=0)] = 0
    inconclusive_limit: Annotated[int, Field(ge=0)] = 0
    fail_on: tuple[str, ...] = ()
    suites: tuple[Name, ...] = ()
    scenarios: tuple[Name, ...] = ()


class Step(Model):
    """One step of a rollout: dark, a canary selection, a percentage, or full."""

    dark: Literal[True] | None = None
    canary: TenantSelector | None = None
    percent: Annotated[float, Field(gt=0, lt=100, multiple_of=0.01)] | None = None
    full: Literal[True] | None = None
    wait: Duration | None = None
    gates: tuple[Gate, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Step:
        given = [name for name in ("dark", "canary", "percent", "full") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("a step is exactly one of dark, canary, percent, full")
        return self

    def label(self) -> str:
        """How people read it: `dark`, `canary`, `10 %`, `full`."""
        if self.percent is not None:
            return f"{self.percent:g} %"
        return "dark" if self.dark else "canary" if self.canary is not None else "full"


class RolloutPlan(Model):
    """The steps by which a new version reaches everybody; the last one is full."""

    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ends_full(self) -> RolloutPlan:
        if self.steps[-1].full is None:
            raise ValueError("the last step of a rollout is `full: true`")
        return self


IMMEDIATE = RolloutPlan(steps=(Step(full=True),))
"""The plan of an environment that names none: everybody at once."""


class Approvals(Model):
    """Who must agree before a release: forge reviews or SSH signatures, and how many people."""

    by: Literal["none", "forge", "signature"] = "none"
    required: Annotated[int, Field(ge=0, le=20)] = 0


class Environment(Model):
    """One environment, with live state of its own."""

    rollout: Name | None = None
    approvals: Approvals = Approvals.model_construct()
    evidence: Literal["required", "optional"] = "optional"
    rollback_window: Duration = "14d"
    gates: tuple[Gate, ...] = ()
    override: Literal["never", "inconclusive", "failed"] = Field(
        default="inconclusive", description="which gates somebody may replace by their own word (promote --override)"
    )
    sign: Literal["auto", "required", "never"] = "auto"
    targets: tuple[Name, ...] = ()


class CredentialGrant(Model):
    """A reference prefix, and the hosts that its secrets may be sent to."""

    ref: Annotated[str, Field(min_length=1)]
    hosts: Annotated[tuple[str, ...], Field(min_length=1)]


class StateLocation(Model):
    """Where the environment branches live."""

    remote: Name = "origin"
    branch_prefix: Name = "env/"


class Forge(Model):
    """Where pull requests live."""

    kind: Name = "github"
    url: str = "https://api.github.com"
    repository: Name | None = None
    credential_ref: str | None = None
    main: Name = "main"


class Prometheus(Model):
    """Where metric gates ask."""

    url: Annotated[str, Field(min_length=1)]
    credential_ref: str | None = None
    timeout_ms: Annotated[int, Field(gt=0)] = 10_000


class Thresholds(Model):
    """What counts as fresh, and when safe mode trips."""

    health_fresh: Duration = "5m"
    quote_fresh: Duration = "1h"
    safe_mode_error_rate: Annotated[float, Field(gt=0, le=1)] = 0.5
    safe_mode_window: Duration = "1m"


class RuleSetting(Model):
    """A lint rule's severity, for all files or for some paths (shell patterns)."""

    severity: Literal["error", "warning", "info", "off"]
    paths: tuple[str, ...] = ()


class LintSettings(Model):
    """Severities by rule code."""

    rules: dict[
        Annotated[str, Field(pattern=r"^PX[0-9]{4}$")],
        Literal["error", "warning", "info", "off"] | RuleSetting | tuple[RuleSetting, ...],
    ] = Field(default_factory=dict)


class SecretStore(Model):
    """Where a secret backend is and how to log in; never a secret itself."""

    address: str | None = None
    namespace: str | None = None
    auth: Literal["token", "approle", "kubernetes", "jwt", "default"] = "default"
    mount: str | None = None
    auth_mount: str | None = Field(default=None, description="where the login method is mounted, if not at its name")
    role: str | None = None
    role_id_ref: str | None = None
    secret_id_ref: str | None = None
    token_ref: str | None = None
    jwt_ref: str | None = None
    ca_bundle: str | None = None
    region: str | None = None
    timeout_ms: Annotated[int, Field(gt=0)] = 5000
    cache_ttl: Duration = "5m"
    kv_version: Literal[1, 2] | None = None


class PublishTarget(Model):
    """A projection of what is live: a service, a directory of rendered files, flagd files."""

    kind: Name
    url: str | None = None
    path: str | None = None
    credential_ref: str | None = None
    concurrency: Annotated[int, Field(gt=0, le=64)] = 8
    timeout_ms: Annotated[int, Field(gt=0)] = 10_000


class Project(Model):
    """The repository's own settings. Everything but `environments` has a default."""

    version: Literal[1] = 1
    environments: Annotated[dict[Id, Environment], Field(min_length=1)]
    rollouts: dict[Id, RolloutPlan] = Field(default_factory=dict)
    privacy_levels: Annotated[tuple[Name, ...], Field(min_length=1)] = PRIVACY_LEVELS
    regions: tuple[Name, ...] = ()
    tiers: tuple[Name, ...] = ()
    business_lines: tuple[Name, ...] = ()
    thresholds: Thresholds = Thresholds.model_construct()
    credential_grants: tuple[CredentialGrant, ...] = ()
    secret_stores: dict[Name, SecretStore] = Field(default_factory=dict)
    state: StateLocation = StateLocation.model_construct()
    forge: Forge | None = None
    prometheus: Prometheus | None = None
    targets: dict[Id, PublishTarget] = Field(default_factory=dict)
    lint: LintSettings = LintSettings.model_construct()
    matrix_profile: str | None = Field(default=None, description="a file with the route-matrix boundary profile")
    exempt_tenants: tuple[TenantId, ...] = Field(default=(), description="tenants that no percentage step reaches")

    def rollout_plan(self, name: str | None) -> RolloutPlan | None:
        """The plan of that name; for None and `immediate` everybody at once; None where no such plan exists."""
        return IMMEDIATE if name is None else self.rollouts.get(name, IMMEDIATE if name == "immediate" else None)
