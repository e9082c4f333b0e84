"""What a sync did, for people."""

from __future__ import annotations

from pxctl.model.sync import SyncReport, TargetReport, TargetStatus
from pxctl.report.text import Table, listing, moment, plural

Part = Table | str | tuple[str, str]
_STYLES = {"in_sync": "green", "out_of_sync": "bold yellow", "down": "bold red", "newer": "bold red"}


def sync_text(report: SyncReport) -> list[Part]:
    """One line a target, then what did not work and what is left alone."""
    what = "would change" if report.dry_run else "changed"
    rows = [
        (t.target, t.kind, (t.state.replace("_", " "), _STYLES[t.state]), f"{len(t.created)}", f"{len(t.updated)}",
         f"{len(t.deleted)}", f"{t.unchanged}")
        for t in report.targets
    ]  # fmt: skip
    headers = ("target", "kind", "state", "new", what, "removed", "as they were")
    parts: list[Part] = [
        f"{report.environment} #{report.seq} ({report.commit[:12]})" + (", nothing was sent" if report.dry_run else ""),
        Table(headers, rows, right=frozenset({3, 4, 5, 6})),
    ]
    for target in report.targets:
        parts += _details(target)
    return parts


def target_statuses(statuses: tuple[TargetStatus, ...], environment: str, seq: int) -> Table:
    """How each target stood when it was last asked."""
    return Table(("target", "kind", "what it holds"), [
        (s.target, s.kind, (_stood(s, environment, seq), _STYLES.get(s.state, "yellow"))) for s in statuses
    ])  # fmt: skip


def _stood(status: TargetStatus, environment: str, seq: int) -> str:
    if status.state == "unknown" or status.asked_at is None:
        return f"never asked from this machine: pxctl status --env {environment} --drift"
    at, had = moment(status.asked_at), f"#{status.seq}" if status.seq is not None else "no whole release"
    if status.state == "in_sync":
        return f"in sync, asked {at}" + ("" if status.seq == seq else f"; nothing changed for it since {had}")
    if status.state == "behind":
        return f"out of sync: it had {had}, asked {at}; pxctl sync --env {environment}"
    said = {"out_of_sync": "out of sync", "down": "down", "newer": "it has a newer release"}[status.state]
    return f"{said}, asked {at}; it was last seen with {had}" + (f": {status.error}" if status.error else "")


def _details(target: TargetReport) -> list[Part]:
    parts: list[Part] = []
    if target.error:
        parts.append((f"{target.target}: {target.error}" + (f" ({target.hint})" if target.hint else ""), "red"))
    if target.adopted is not None:
        parts.append((f"{target.target}: had release {target.adopted} of another history, which gives way", "yellow"))
    if target.kept:
        parts.append(f"{target.target}: goes on serving {plural(target.kept, 'item')} as it had them")
    if target.refused:
        parts.append((f"{target.target}: cannot serve yet: {listing(target.refused)}", "yellow"))
    if target.failed:
        reasons: dict[str, list[str]] = {}
        for failure in target.failed:
            reasons.setdefault(failure.reason, []).append(failure.key)
        parts += [f"{target.target}: {listing(tuple(keys))}: {reason}" for reason, keys in reasons.items()]
    if target.unknown:
        parts.append(f"{target.target}: has what is not live and was never removed here: {listing(target.unknown)}")
    return parts
