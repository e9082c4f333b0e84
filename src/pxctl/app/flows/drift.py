"""Drift: all targets of an environment are asked at once what they hold, for a bounded time; nothing is sent."""

from __future__ import annotations

import threading
import time

from pxctl.app.flows.credentials import read_base
from pxctl.app.flows.release import Desk
from pxctl.app.flows.sync import ask_target, chosen_targets, down, live_state
from pxctl.app.flows.target_memory import recall, remember
from pxctl.core.errors import PxctlError
from pxctl.model.sync import SyncReport, TargetReport
from pxctl.release.targets.base import Reported

ANSWER_WITHIN_S = 20.0
"""How long all targets together may take; one that has not answered by then counts as down."""


def drift(desk: Desk, commit: str | None = None, within: float = ANSWER_WITHIN_S) -> SyncReport:
    """What each target holds against what is live (at a commit, else at the tip). Raises UsageError without targets."""
    names = chosen_targets(desk, ())
    state, base = live_state(desk, commit), read_base(desk.root)
    memories = {name: recall(desk, name) for name in names}
    found: dict[str, tuple[TargetReport, Reported | None]] = {}

    def ask(name: str) -> None:
        settings = desk.config.project.targets[name]
        hasty = settings.model_copy(update={"timeout_ms": min(settings.timeout_ms, int(within * 1000 / 8))})
        try:
            found[name] = ask_target(desk, base, name, hasty, state, memories[name], dry_run=True)
        except PxctlError as error:
            found[name] = down(name, settings, state, memories[name], error.message, error.hint), None

    # no pool: at the end of the process a pool waits for whoever does not answer
    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    end = time.monotonic() + within
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    reports = []
    for name in names:
        late = f"it gave no answer within {within:g} s"
        report, after = found.get(name) or (
            down(name, desk.config.project.targets[name], state, memories[name], late, "is it up?"), None
        )  # fmt: skip
        remember(desk, name, report, after, state)
        reports.append(report)
    return SyncReport(
        environment=state.environment, seq=state.seq, commit=state.commit, dry_run=True, targets=tuple(reports)
    )
