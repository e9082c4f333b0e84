"""What this machine last saw of each target: a hint for reports and `status`; nothing depends on it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pxctl.app.flows.release import Desk
from pxctl.app.wiring import state_folder
from pxctl.core.clock import from_text, to_text
from pxctl.core.errors import PxctlError
from pxctl.model.sync import TargetReport, TargetStatus
from pxctl.release.targets import files
from pxctl.release.targets.base import LiveState, Reported
from pxctl.release.view import View


@dataclass(frozen=True)
class Memory:
    """The items that a target held when it last answered, and how it stood when it was last asked."""

    items: frozenset[str] | None
    values: dict[str, Any]


def recall(desk: Desk, name: str) -> Memory:
    """What is remembered of a target; empty where it was never asked from here."""
    with suppress(OSError, PxctlError, TypeError):
        found = files.read(_place(desk, name)) or {}
        items = found.get("items")
        return Memory(frozenset(map(str, items)) if items is not None else None, found)
    return Memory(None, {})


def remember(desk: Desk, name: str, report: TargetReport, after: Reported | None, live: LiveState) -> None:
    """Keep what was found. `seq` and `payload` are those of the last release that the target was seen to hold whole."""
    values = dict(recall(desk, name).values)
    if after is not None:
        values["items"] = sorted(after.items)
    if report.state == "in_sync":
        release = desk.branch.view(live.commit).release
        values["seq"], values["payload"] = live.seq, release.payload_tree if release is not None else None
    values["state"], values["asked_at"], values["error"] = report.state, to_text(desk.clock.now()), report.error
    with suppress(OSError, PxctlError):
        files.write(_place(desk, name), values)


def statuses(desk: Desk, view: View) -> tuple[TargetStatus, ...]:
    """How each target of the environment stood when it was last asked, against what is live now."""
    project = desk.config.project
    return tuple(
        _status(name, project.targets[name].kind if name in project.targets else "", recall(desk, name).values, view)
        for name in desk.settings.targets
    )


def _status(name: str, kind: str, values: dict[str, Any], view: View) -> TargetStatus:
    made = TargetStatus(target=name, kind=kind, state="unknown")
    with suppress(KeyError, ValueError, PxctlError):
        asked = from_text(str(values["asked_at"]))
        seq = values.get("seq")
        state = values["state"]
        release = view.release
        if state == "in_sync" and release is not None and values.get("payload") != release.payload_tree:
            state = "behind"
        return TargetStatus(
            target=name, kind=kind, state=state, seq=seq if isinstance(seq, int) else None, asked_at=asked,
            error=values.get("error"),
        )  # fmt: skip
    return made


def _place(desk: Desk, name: str) -> Path:
    return state_folder(desk.root) / "targets" / f"{desk.environment}.{name}.json"
