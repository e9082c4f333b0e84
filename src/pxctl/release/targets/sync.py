"""What is live against what a target reports: the changes, made with bounded concurrency, and what came of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

from pxctl.model.sync import SyncFailure, TargetReport
from pxctl.release.targets.base import Item, LiveState, Reported, Target, TargetError

GIVE_UP_AFTER = 5
"""Orders in a row without any answer, after which a target counts as down and is left in peace."""
Action = Literal["put", "delete"]


@dataclass(frozen=True)
class Changes:
    """What has to happen for a target to hold what it should."""

    create: tuple[str, ...]
    update: tuple[str, ...]
    delete: tuple[str, ...]
    unchanged: int
    unknown: tuple[str, ...]


def changes_of(
    wanted: Mapping[str, Item], reported: Reported, gone: Collection[str], everything: bool = False
) -> Changes:  # fmt: skip
    """Compare by digest. What is there, not wanted, and not known to be gone is left alone and named.

    `everything`: what is the same is written again too.
    """
    create, update, same = [], [], 0
    for key, item in wanted.items():
        if key not in reported.items:
            create.append(key)
        elif everything or reported.items[key] != item.digest:
            update.append(key)
        else:
            same += 1
    there = set(reported.items) - set(wanted)
    return Changes(
        tuple(sorted(create)),
        tuple(sorted(update)),
        tuple(sorted(there & set(gone))),
        same,
        tuple(sorted(there - set(gone))),
    )


def sync_target(
    name: str,
    kind: str,
    target: Target,
    live: LiveState,
    *,
    concurrency: int = 8,
    dry_run: bool = False,
    last_seen: Collection[str] | None = None,
    step: Callable[[], None] | None = None,
    adopt: bool = False,
) -> tuple[TargetReport, Reported | None]:
    """Bring one target up to date. Never raises for what the target does: that is in the report.

    `adopt`: a target that holds a newer release takes this one all the same, every item of it.
    `last_seen` is what the target held when it last answered (None: it never did). Also returns what it holds now, or
    None where it cannot be asked.
    """
    wanted = target.wanted(live)
    try:
        before = target.report()
    except TargetError as error:
        known = set(last_seen or ())
        return TargetReport(
            target=name, kind=kind, state="down", error=error.message, hint=error.hint, kept=len(known),
            refused=tuple(sorted(k for k in wanted if k in live.tenants and k not in known)),
        ), None  # fmt: skip
    newer = before.seq > live.seq
    if newer and adopt:
        live = replace(live, adopts=before.seq)
    changes = changes_of(wanted, before, target.gone(live, before), live.adopts is not None)
    if newer and not adopt:
        return TargetReport(
            target=name, kind=kind, state="newer", unknown=changes.unknown, unchanged=changes.unchanged,
            kept=len(before.items), error=f"it has release {before.seq}, and {live.seq} is the newest here",
            hint="is this clone behind? fetch the environment's branch. Was the environment begun anew? "
            f"pxctl sync --env {live.environment} --target {name} --adopt --reason WHY",
        ), before  # fmt: skip
    if dry_run:
        return _report(name, kind, changes, (), None).model_copy(update={"adopted": live.adopts}), before
    orders = _Orders(target, live, wanted, before, step)
    failed = orders.run(changes, concurrency)
    after: Reported | None = before
    if changes.create or changes.update or changes.delete:
        failed, after = _looked_again(target, wanted, changes, failed)
    report = _report(name, kind, changes, failed, before).model_copy(update={"adopted": live.adopts})
    if not failed:
        try:
            target.finish(live)
        except TargetError as error:
            report = report.model_copy(update={"state": "out_of_sync", "error": error.message, "hint": error.hint})
    return report, after


def _looked_again(
    target: Target, wanted: Mapping[str, Item], changes: Changes, failed: tuple[SyncFailure, ...]
) -> tuple[tuple[SyncFailure, ...], Reported | None]:
    """Ask the target once more: an order that was accepted and left no trace has failed."""
    done = {failure.key for failure in failed}
    try:
        after = target.report()
    except TargetError:
        return failed, None
    lost = [
        SyncFailure(key=key, action="put", reason="it was accepted, and the target does not have it")
        for key in (*changes.create, *changes.update)
        if key not in done and after.items.get(key) != wanted[key].digest
    ]
    lost += [
        SyncFailure(key=key, action="delete", reason="it was accepted, and the target still has it")
        for key in changes.delete
        if key not in done and key in after.items
    ]
    return (*failed, *lost), after


def _report(
    name: str, kind: str, changes: Changes, failed: tuple[SyncFailure, ...], before: Reported | None
) -> TargetReport:  # fmt: skip
    """The report; `before` None: nothing was sent (a dry run)."""
    lost = {failure.key for failure in failed}
    pending = before is None and bool(changes.create or changes.update or changes.delete)
    return TargetReport(
        target=name, kind=kind,
        state="out_of_sync" if pending or failed or changes.unknown else "in_sync",
        created=tuple(k for k in changes.create if k not in lost),
        updated=tuple(k for k in changes.update if k not in lost),
        deleted=tuple(k for k in changes.delete if k not in lost),
        unchanged=changes.unchanged, unknown=changes.unknown, failed=failed,
        refused=tuple(k for k in changes.create if k in lost),
        kept=sum(k in lost for k in (*changes.update, *changes.delete)),
        error=failed[0].reason if failed else None,
    )  # fmt: skip


class _Orders:
    """Puts and deletes, several at once; after some without any answer the rest is not sent."""

    def __init__(
        self,
        target: Target,
        live: LiveState,
        wanted: Mapping[str, Item],
        before: Reported,
        step: Callable[[], None] | None,
    ) -> None:
        self._target, self._live, self._wanted, self._before, self._step = target, live, wanted, before, step
        self._silent = 0
        self._lock = threading.Lock()

    def run(self, changes: Changes, concurrency: int) -> tuple[SyncFailure, ...]:
        """Make the changes; what failed, sorted by key. Deletions come first: what is gone must not be served."""
        failures: list[SyncFailure | None] = []
        for action, keys in (("delete", changes.delete), ("put", (*changes.update, *changes.create))):
            if keys:
                with ThreadPoolExecutor(min(concurrency, len(keys)), thread_name_prefix="pxctl-sync") as pool:
                    failures += pool.map(lambda key, action=action: self._one(action, key), keys)
        return tuple(sorted((f for f in failures if f is not None), key=lambda f: f.key))

    def _one(self, action: Action, key: str) -> SyncFailure | None:
        if self._silent >= GIVE_UP_AFTER:
            return SyncFailure(key=key, action=action, reason="not sent: the target stopped answering")
        try:
            if action == "put":
                self._target.put(self._live, key, self._wanted[key], self._before.items.get(key))
            else:
                self._target.delete(self._live, key, self._before.items[key])
        except TargetError as error:
            with self._lock:
                self._silent = self._silent + 1 if error.status is None or error.status >= 500 else 0
            return SyncFailure(key=key, action=action, reason=error.message)
        with self._lock:
            self._silent = 0
            if self._step is not None:
                self._step()
        return None
