"""What `pxctl sync` found and did, by target."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from pxctl.model.base import Model


class SyncFailure(Model):
    """One item that a target did not take."""

    key: str
    action: Literal["put", "delete"]
    reason: str


class TargetReport(Model):
    """One target: what it has against what is live, and what was done about it.

    Keys are what the target holds: tenant ids, or file names of the flags target. With `dry_run` the changes are those
    that would be made.
    """

    target: str
    kind: str
    state: Literal["in_sync", "out_of_sync", "down", "newer"]
    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    unchanged: int = 0
    unknown: tuple[str, ...] = Field(default=(), description="there, not live, and without a tombstone: left alone")
    failed: tuple[SyncFailure, ...] = ()
    refused: tuple[str, ...] = Field(default=(), description="tenants that are new to it, and that it cannot serve yet")
    kept: int = Field(default=0, description="items that it goes on serving as they were")
    adopted: int | None = Field(default=None, description="the newer release, of another history, that gave way")
    error: str | None = None
    hint: str | None = None

    @property
    def changes(self) -> int:
        """How many items change."""
        return len(self.created) + len(self.updated) + len(self.deleted)


class TargetStatus(Model):
    """How a target stood when this machine last asked it."""

    target: str
    kind: str
    state: Literal["in_sync", "behind", "out_of_sync", "down", "newer", "unknown"]
    seq: int | None = Field(default=None, description="the last release that it was seen to hold whole")
    asked_at: datetime | None = None
    error: str | None = None


class SyncReport(Model):
    """One environment's live state against its targets."""

    schema_version: Literal[1] = 1
    environment: str
    seq: int
    commit: str
    dry_run: bool = False
    targets: tuple[TargetReport, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all in sync; 1 drift that was only looked at, or items that nobody knows; 2 something failed."""
        states = {target.state for target in self.targets}
        if states & {"down", "newer"} or any(target.failed for target in self.targets):
            return 2
        return 1 if "out_of_sync" in states else 0
