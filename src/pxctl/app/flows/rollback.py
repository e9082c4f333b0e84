"""Roll back: from names on the command line to what is put back, at once or as a request."""

from __future__ import annotations

from pxctl.app.flows.release import Desk, release
from pxctl.app.flows.requests import ask
from pxctl.core.errors import UsageError
from pxctl.core.ids import parse_version
from pxctl.model.live import ReleaseResult
from pxctl.model.release import ReleaseRequest
from pxctl.model.tenant import TenantSelector
from pxctl.release.draft import Setting, current
from pxctl.release.engine import Terms
from pxctl.release.history import at_seq
from pxctl.release.rollback import Rollback, subjects_of


def roll_back(
    desk: Desk, named: list[str], mode: str | None = None, *, tenants: tuple[str, ...] = (), to: int | None = None,
    reason: str = "", keep_flags: bool = False,
) -> tuple[ReleaseResult, str]:  # fmt: skip
    """Put back the named subjects (`policies/default@11`, `providers/x`, `flags`), or what the last rollout changed.

    `mode` as in `publish_subject`, but None is always direct: the way back waits for nobody. Returns the result (of a
    plan, where a request was written) and a message for people.
    """
    targets = dict(_target(text) for text in named)
    if to is not None and any(number is not None for number in targets.values()):
        raise UsageError("--to and a version name two points", hint="use one of them")
    if mode in ("pr", "request"):
        if not targets and to is None:
            plain = release(desk, Rollback({}, frozenset(tenants) or None, approved=True), dry_run=True)
            if plain.status == "unchanged":
                return plain, ""
        request = _request(desk, targets, tenants, to, reason, keep_flags)
        result = release(desk, rollback_of(desk, request), dry_run=True)
        return (result, "") if result.status == "unchanged" else ask(desk, request, result, mode == "pr")
    intent = Rollback(targets, frozenset(tenants) or None, _commit(desk, to), to, reason, keep_flags=keep_flags)
    return release(desk, intent, Terms(emergency=True), dry_run=mode == "dry-run"), ""


def rollback_of(desk: Desk, request: ReleaseRequest) -> Rollback:
    """What a request of op `rollback` asks for. It has approvals of its own, so the rollback window is no limit."""
    chosen = None
    if not isinstance(request.tenants, str) and not request.tenants.everyone:
        there = desk.branch.view(desk.branch.tip()).pins_blobs()
        roster = desk.config.tenants
        chosen = frozenset(request.tenants.names) | {
            t for t in there if t in roster and request.tenants.selects(roster[t])
        }  # fmt: skip
        if not chosen:
            raise UsageError("the selection matches no tenant", hint="see tenants/*.yaml for tiers and business lines")
    return Rollback(
        {request.subject: request.version, **request.also}, chosen, _commit(desk, request.to), request.to,
        request.reason, approved=True, keep_flags=request.keep_flags,
    )  # fmt: skip


def _request(
    desk: Desk, targets: dict[str, int | None], tenants: tuple[str, ...], to: int | None, reason: str, keep_flags: bool
) -> ReleaseRequest:
    """The request, with every subject by name: what is meant now must not be read as something else when it is merged.

    With `to` and no subject: those that anybody has in another version now, or that are on their way.
    """
    view = desk.branch.view(desk.branch.tip())
    record = current(view, Setting(desk.environment, desk.config.project, desk.config.tenants, desk.clock.now()))
    subjects = subjects_of(record, targets, to is not None)
    if to is not None and not targets:
        now, before = view.pins(tenants or None), view.at(_commit(desk, to) or "").pins(tenants or None)
        moving = {r.subject for r in record.rollouts if r.state in ("running", "paused")}
        subjects = [
            s for s in subjects
            if s in moving or any(t in before and before[t].get(s) != now[t].get(s) for t in now)
        ] or subjects[:1]  # fmt: skip
    first, *more = subjects
    return ReleaseRequest(
        op="rollback", subject=first, version=targets.get(first), source=desk.tree.source,
        tenants=TenantSelector(names=tenants) if tenants else "everyone", reason=reason,
        also={s: targets.get(s) for s in more}, to=to, keep_flags=keep_flags,
    )  # fmt: skip


def _commit(desk: Desk, seq: int | None) -> str | None:
    """The commit of a release's number."""
    if seq is None:
        return None
    tip = desk.branch.tip()
    if tip is None:
        raise UsageError(
            f"`{desk.environment}` has no releases yet", hint=f"make its first one: pxctl env init {desk.environment}"
        )
    return at_seq(desk.branch, tip, seq)


def _target(text: str) -> tuple[str, int | None]:
    if "@" not in text:
        return text, None
    try:
        ref = parse_version(text)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return ref.subject, ref.number
