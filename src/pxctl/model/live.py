"""What release tells people about an environment: status, log, audit, and what a command did."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from pxctl.model.base import Model
from pxctl.model.release import Actor, Blocked, Pins, Release, ReleasePlan, RolloutState, SafeModeFile, Signers
from pxctl.model.sync import SyncReport, TargetStatus


class SubjectStatus(Model):
    """One subject in one environment."""

    subject: str
    versions: dict[int, int] = Field(description="version -> how many tenants have it")
    without: int = Field(default=0, description="tenants that have no version of it")
    stable: int | None = None
    rollout: RolloutState | None = None
    due: datetime | None = Field(default=None, description="when the current step has been waited for")
    blocked: tuple[Blocked, ...] = ()


class EnvironmentStatus(Model):
    """What is live in one environment."""

    schema_version: Literal[1] = 1
    environment: str
    branch: str
    remote: str | None = None
    targets: tuple[str, ...] = ()
    tip: str | None = None
    release: Release | None = None
    problems: tuple[str, ...] = Field(
        default=(), description="why the tip is no release; then `release` is the last good"
    )
    tenants: int = 0
    subjects: tuple[SubjectStatus, ...] = ()
    safe_mode: SafeModeFile = SafeModeFile()
    target_states: tuple[TargetStatus, ...] = Field(default=(), description="as this machine last saw them")
    drift: SyncReport | None = Field(default=None, description="what the targets hold, where they were asked")
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0; 1 where the tip is no release, or a target that was asked has drifted; 2 where one did not answer."""
        asked = self.drift.exit_code if self.drift is not None else 0
        return max(1 if self.problems else 0, asked)


class TenantStatus(Model):
    """What one tenant has, and since when."""

    schema_version: Literal[1] = 1
    environment: str
    tenant: str
    seq: int
    commit: str
    at: datetime
    pins: Pins
    since: dict[str, datetime] = Field(default_factory=dict)
    since_seq: dict[str, int] = Field(default_factory=dict)
    safe_mode: bool = False


class LogEntry(Model):
    """One release in the log; `problem` where the commit is none."""

    seq: int | None
    commit: str
    time: datetime | None
    op: str
    subject: str | None = None
    version: int | None = None
    step: str = ""
    actor: Actor | None = None
    moved: int = 0
    tenants: int = 0
    approvals: int = 0
    overridden: tuple[str, ...] = Field(default=(), description="gates that somebody went on without")
    signed: bool = False
    reason: str = ""
    problem: str | None = None


class ReleaseLog(Model):
    """The releases of an environment, newest first."""

    schema_version: Literal[1] = 1
    environment: str
    entries: tuple[LogEntry, ...] = ()
    more: int = 0


class AuditProblem(Model):
    """One thing that is wrong with one commit of the branch."""

    seq: int | None
    commit: str
    problem: str


class AuditReport(Model):
    """Whether a branch is a history of releases that somebody was allowed to make."""

    schema_version: Literal[1] = 1
    environment: str
    tip: str
    root: str
    releases: int
    signed: int = 0
    approvals: int = 0
    anchored: bool = False
    anchor: str | None = None
    problems: tuple[AuditProblem, ...] = ()
    repaired: tuple[AuditProblem, ...] = ()
    sources_checked: int = 0
    sources_unchecked: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it must not be trusted: something is wrong, or nothing says that the root is the right one."""
        return bool(self.problems) or not self.anchored


class ReleaseResult(Model):
    """What a releasing command did, or would do."""

    schema_version: Literal[1] = 1
    status: Literal["planned", "released", "unchanged", "recovered"]
    environment: str
    plan: ReleasePlan
    seq: int | None = None
    commit: str | None = None
    why: str = ""
    rollout: RolloutState | None = None
    release: Release | None = None
    impact: str | None = Field(default=None, description="what changes in decisions, where that was computed")


class SignersReport(Model):
    """Who may do what in an environment."""

    schema_version: Literal[1] = 1
    environment: str
    signers: Signers


class SafeModeReport(Model):
    """Where safe mode is on."""

    schema_version: Literal[1] = 1
    environment: str
    safe_mode: SafeModeFile = SafeModeFile()


class LiveExport(Model):
    """What is live for one tenant, resolved. Holds references to secrets, never a secret."""

    schema_version: Literal[1] = 1
    environment: str
    tenant: str
    seq: int
    commit: str
    at: datetime
    pins: Pins
    safe_mode: bool = False
    roster: dict[str, Any] = Field(default_factory=dict)
    policies: dict[str, Any] = Field(default_factory=dict)
    providers: dict[str, Any] = Field(default_factory=dict)
    flags: dict[str, Any] = Field(default_factory=dict)
    credentials: dict[str, Any] = Field(default_factory=dict)


class Spread(Model):
    """How long something took, in seconds: how often it was seen, its median, and the longest."""

    count: int = 0
    median_s: float | None = None
    longest_s: float | None = None


class Figures(Model):
    """What the history of an environment says about how it is run."""

    schema_version: Literal[1] = 1
    environment: str
    releases: int
    since: datetime | None = None
    onboarding: Spread = Field(default=Spread(), description="a provider's file on main -> its first tenant")
    publish_to_live: Spread = Field(default=Spread(), description="a version's source commit -> it is full")
    exposure: Spread = Field(default=Spread(), description="a withdrawn version's first tenant -> its rollback")
    rollbacks: int = 0
    finished_rollouts: int = 0
    staged_rollouts: int = Field(default=0, description="those that went through more than one step")
    secrets: int = Field(default=0, description="live providers that need a secret")
    secrets_managed: int = Field(default=0, description="those whose live credential version is on record")
    secrets_overdue: tuple[str, ...] = ()
