"""What can be told of secrets without showing one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from pxctl.model.base import Model
from pxctl.model.evidence import ValidationReport

SecretState = Literal["ok", "due", "overdue", "missing", "not_needed", "unknown"]


class SecretStatus(Model):
    """One credential of one provider, from the store's metadata alone."""

    provider: str
    name: str = "api_key"
    ref: str | None = None
    secret_policy: Literal["required", "optional", "none"] = "required"
    state: SecretState
    secret_present: bool | None = None
    version: str | None = Field(default=None, description="the latest in the store")
    live_version: str | None = Field(default=None, description="the one that the environment's branch names")
    secret_last_rotated_at: datetime | None = None
    secret_touched_by: str | None = None
    secret_touched_at: datetime | None = None
    age_days: float | None = None
    due_at: datetime | None = None
    error: str | None = None
    hint: str | None = None


class SecretReport(Model):
    """The credentials of several providers."""

    schema_version: Literal[1] = 1
    environment: str | None = None
    at: datetime
    secrets: tuple[SecretStatus, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """2 where a store could not be asked, 1 where one is overdue or a required one is missing, else 0."""
        if any(one.state == "unknown" for one in self.secrets):
            return 2
        bad = any(
            one.state == "overdue" or (one.state == "missing" and one.secret_policy == "required")
            for one in self.secrets
        )
        return 1 if bad else 0


class SecretChange(Model):
    """What set, rotate, clear or undo did."""

    schema_version: Literal[1] = 1
    operation: Literal["set", "rotate", "clear", "undo"]
    provider: str
    name: str = "api_key"
    ref: str
    environment: str | None = None
    actor: str
    at: datetime
    done: bool = Field(description="false: the change was taken back, and the old value is live")
    version: str | None = None
    previous: str | None = None
    release: int | None = Field(default=None, description="number of the release that records it")
    trace_id: str = ""
    notes: tuple[str, ...] = ()
    validation: ValidationReport | None = None


class CheckLine(Model):
    """One step of `pxctl secret check`."""

    what: str
    ok: bool
    detail: str = ""
    hint: str | None = None


class SecretCheck(Model):
    """Whether secrets can be reached and used; no value is shown or sent."""

    schema_version: Literal[1] = 1
    lines: tuple[CheckLine, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every step worked."""
        return bool(self.lines) and all(line.ok for line in self.lines)
