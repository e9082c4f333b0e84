"""Roll back: from names on the command line to what is put back."""

from __future__ import annotations

from pxctl.app.flows.release import Desk, release
from pxctl.core.errors import UsageError
from pxctl.core.ids import parse_version
from pxctl.model.live import ReleaseResult
from pxctl.release.engine import Terms
from pxctl.release.history import at_seq
from pxctl.release.rollback import Rollback


def roll_back(
    desk: Desk, named: list[str], *, tenants: tuple[str, ...] = (), to: int | None = None, reason: str = "",
    keep_flags: bool = False, dry_run: bool = False,
) -> ReleaseResult:  # fmt: skip
    """Put back the named subjects (`policies/default@11`, `providers/x`, `flags`), or what the last rollout changed."""
    targets = dict(_target(text) for text in named)
    commit = None
    if to is not None:
        if any(number is not None for number in targets.values()):
            raise UsageError("--to and a version name two points", hint="use one of them")
        tip = desk.branch.tip()
        if tip is None:
            raise UsageError(f"`{desk.environment}` has no releases yet")
        commit = at_seq(desk.branch, tip, to)
    intent = Rollback(targets, frozenset(tenants) or None, commit, to, reason, keep_flags=keep_flags)
    return release(desk, intent, Terms(emergency=True), dry_run=dry_run)


def _target(text: str) -> tuple[str, int | None]:
    if "@" not in text:
        return text, None
    try:
        ref = parse_version(text)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return ref.subject, ref.number
