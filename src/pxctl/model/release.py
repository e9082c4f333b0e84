"""Releases: requests on main, and what an environment branch records."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from pxctl.model.base import Model, Name, TenantId
from pxctl.model.project import Approvals
from pxctl.model.tenant import TenantSelector

SCHEMA_VERSION = 1
MIN_PXCTL = "0.1.0"

Op = Literal["init", "publish", "promote", "abort", "pause", "retry", "rollback", "roster", "migrate", "safe_mode",
             "signers", "credential", "repair", "skip"]  # fmt: skip
RequestOp = Literal["publish", "rollback", "roster", "migrate"]
Subject = Annotated[str, Field(pattern=r"^(policies/[a-z0-9-]+|providers/[a-z0-9-]+|flags|roster)$")]


class Pins(Model):
    """Which version of each subject a tenant has."""

    policies: dict[str, int] = Field(default_factory=dict)
    providers: dict[str, int] = Field(default_factory=dict)
    flags: int | None = None

    def get(self, subject: str) -> int | None:
        """The pinned version of a subject, or None."""
        kind, _, name = subject.partition("/")
        if kind == "flags":
            return self.flags
        return (self.policies if kind == "policies" else self.providers).get(name)

    def replace(self, subject: str, number: int | None) -> Pins:
        """The same pins with one subject moved to `number`, or removed with None."""
        kind, _, name = subject.partition("/")
        if kind == "flags":
            return self.model_copy(update={"flags": number})
        current = dict(self.policies if kind == "policies" else self.providers)
        if number is None:
            current.pop(name, None)
        else:
            current[name] = number
        return self.model_copy(update={kind: dict(sorted(current.items()))})


class ReleaseRequest(Model):
    """A file under `releases/<environment>/` on main that asks for a release."""

    op: RequestOp
    subject: Subject
    version: Annotated[int, Field(ge=1)] | None = None
    source: Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")] | None = None
    tenants: Literal["everyone"] | TenantSelector = "everyone"
    rollout: Name | None = None
    reason: str = ""
    supersede: bool = False
    again: bool = False
    force: bool = Field(default=False, description="retire a provider that tenants have, or remove many tenants")
    withdraw: bool = Field(default=False, description="take the provider from everybody selected who has it")
    also: dict[Subject, Annotated[int, Field(ge=1)] | None] = Field(
        default_factory=dict, description="rollback: more subjects that go back with it, each with its version or null"
    )
    to: Annotated[int, Field(ge=1)] | None = Field(default=None, description="rollback: what was live at this release")
    keep_flags: bool = Field(default=False, description="rollback: leave the flags as they are")
    plan_digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None


class Actor(Model):
    """Who did it: a git identity, and the principal whose key signed, if any."""

    name: str
    email: str
    principal: str | None = None


class GateOverride(Model):
    """A gate that somebody let a rollout go on without."""

    gate: str
    verdict: Literal["failed", "inconclusive"]
    detail: str = ""
    step: str = Field(description="the step whose gate it was")
    by: str
    reason: str
    at: datetime


class RolloutState(Model):
    """Where a subject's new version stands on its way to everybody."""

    subject: Subject
    version: int
    previous: int | None = None
    plan: str | None = None
    selection: Literal["everyone"] | TenantSelector = "everyone"
    step: int = Field(description="0-based index into the plan's steps")
    steps: int
    label: str
    state: Literal["running", "paused", "aborted", "done"]
    since: datetime
    started: datetime
    request: str | None = None
    seed: str
    base: str | None = Field(default=None, description="the commit before the rollout's first release")
    base_seq: int = 0
    reason: str = ""
    overrides: tuple[GateOverride, ...] | None = Field(default=None, description="gates it went on without")


class GateResult(Model):
    """What a gate said when the release was made."""

    kind: str
    name: str = ""
    verdict: Literal["passed", "failed", "inconclusive"]
    detail: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)
    overridden: str | None = Field(default=None, description="why somebody went on although it did not pass")


class Approval(Model):
    """One person's agreement to one plan."""

    principal: str
    by: Literal["forge", "signature"]
    at: datetime
    plan_digest: str
    review_id: str | None = None
    head: str | None = None
    signature: str | None = None


class Blocked(Model):
    """A version that was withdrawn; it is published again only with `--again --reason`."""

    subject: Subject
    version: int
    since_seq: int
    reason: str
    tenants: tuple[TenantId, ...] | None = Field(default=None, description="only these; absent: nobody gets it")


class FormerStable(Model):
    """A version that was full for everybody until another one was: rollback reaches it inside the window."""

    subject: Subject
    version: int
    until: datetime


class Release(Model):
    """One commit on an environment's branch: RELEASE.json."""

    schema_version: int = SCHEMA_VERSION
    min_pxctl: str = MIN_PXCTL
    environment: str
    seq: Annotated[int, Field(ge=1)]
    op: Op
    subject: str | None = None
    version: int | None = None
    reason: str = ""
    request: str | None = Field(default=None, description="the request file's path on main")
    request_blob: str | None = None
    request_commit: str | None = Field(default=None, description="the main commit from which the request was applied")
    source: dict[str, str] = Field(
        default_factory=dict, description="version path -> the main commit that holds the same blob"
    )
    plan_source: str | None = Field(default=None, description="the main commit that the plan digest names")
    plan_digest: str
    planned_on: str | None = None
    actor: Actor
    time: datetime
    payload_tree: str
    previous: str | None = Field(default=None, description="digest of the parent's RELEASE.json")
    bucketing: str
    tenants_moved: int = 0
    tenants: int = Field(default=0, description="how many tenants the environment has after this release")
    step: str = ""
    counters: dict[str, int] = Field(default_factory=dict, description="subject -> the last version number given")
    repairs: tuple[str, ...] = Field(default=(), description="commits on the branch that are no releases")
    rollouts: tuple[RolloutState, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    stable: dict[str, int] = Field(default_factory=dict, description="subject -> the last version that was full")
    former: tuple[FormerStable, ...] = ()
    gates: tuple[GateResult, ...] = ()
    approvals: tuple[Approval, ...] = ()


Permission = Literal["publish", "approve", "rotate", "safe_mode", "signers"]


class Principal(Model):
    """Somebody who may release, approve, rotate, switch safe mode or change the signers."""

    principal: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$")]
    keys: tuple[str, ...] = Field(default=(), description="OpenSSH public keys: type and base64")
    forge: str | None = Field(default=None, description="login on the forge")
    may: tuple[Permission, ...] = ("publish", "approve", "rotate", "safe_mode", "signers")
    bot: bool = False


class Signers(Model):
    """`signers.yaml` of an environment branch. Without signers, everybody who can push may release."""

    schema_version: int = SCHEMA_VERSION
    approvals: Approvals = Approvals.model_construct()
    quorum: Annotated[int, Field(ge=1, le=20)] = 1
    signers: tuple[Principal, ...] = ()

    def of_key(self, key: str) -> Principal | None:
        """The principal that has a public key (type and base64; a comment does not count)."""
        wanted = " ".join(key.split()[:2])
        return next((p for p in self.signers if any(" ".join(k.split()[:2]) == wanted for k in p.keys)), None)

    def of_login(self, login: str) -> Principal | None:
        """The principal with a forge login."""
        return next((p for p in self.signers if p.forge and p.forge.lower() == login.lower()), None)


class SafeModeFile(Model):
    """`safe-mode.yaml` of an environment branch: where only allow-listed deployments may be chosen."""

    schema_version: int = SCHEMA_VERSION
    environment: bool = False
    business_lines: tuple[Name, ...] = ()
    tenants: tuple[TenantId, ...] = ()


class PathChange(NamedTuple):
    """One path of the payload: its blob before and after (None: absent). A tuple: a release may have 100,000."""

    path: str
    old: str | None = None
    new: str | None = None


class ReleasePlan(Model):
    """What a release would do, before it is one."""

    environment: str
    op: Op
    subject: str | None = None
    version: int | None = None
    step: str = ""
    source: str | None = None
    tip: str | None = None
    changes: tuple[PathChange, ...] = ()
    digest: str
    moved: tuple[TenantId, ...] = ()
    stays: int = 0
    gates: tuple[GateResult, ...] = ()
    approvals_missing: int = 0
    warnings: tuple[str, ...] = ()
