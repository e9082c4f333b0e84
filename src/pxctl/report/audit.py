"""The record of releases, for people."""

from __future__ import annotations

from pxctl.model.live import AuditReport, LogEntry, ReleaseLog
from pxctl.model.release import Release
from pxctl.report.release import deed, gate_line
from pxctl.report.text import Cell, Table, moment, plural

Part = Table | str | tuple[str, str]


def log_text(log: ReleaseLog) -> list[Part]:
    """The log as a table, newest first."""
    if not log.entries:
        return [f"{log.environment}: no release"]
    parts: list[Part] = [
        Table(("#", "when", "what", "tenants", "by", "why"), [_row(e) for e in log.entries], right=frozenset({0, 3}))
    ]
    if log.more:
        parts.append(f"and {log.more} older; --limit N shows more")
    return parts


def _row(entry: LogEntry) -> tuple[Cell, ...]:
    if entry.problem is not None:
        return "-", entry.commit[:12], ("not a release", "bold red"), "", "", entry.problem
    who = (entry.actor.principal or entry.actor.name) if entry.actor else ""
    marks = (" (signed)" if entry.signed else "") + (f" +{entry.approvals}" if entry.approvals else "")
    when = moment(entry.time) if entry.time else ""
    what = deed(entry.op, entry.subject, entry.version, entry.step)
    if entry.overridden:
        what += f", without gate {', '.join(entry.overridden)}"
    return str(entry.seq), when, what, str(entry.moved), who + marks, entry.reason


def audit_text(report: AuditReport) -> list[Part]:
    """The verdict first, then each problem."""
    parts: list[Part] = []
    head = f"{report.environment}: {plural(report.releases, 'commit')} from {report.root[:12]} to {report.tip[:12]}"
    parts.append(head)
    parts.append(
        f"{report.signed} signed, {plural(report.approvals, 'approval')}, "
        f"{plural(report.sources_checked, 'version file')} compared with main, {report.sources_unchecked} not checked"
    )
    rows = [(f"#{p.seq}" if p.seq else "-", p.commit[:12], p.problem) for p in report.problems]
    if rows:
        parts.append(Table(("#", "commit", "problem"), rows))
    for past in report.repaired:
        parts.append(f"repaired since: {past.commit[:12]}: {past.problem}")
    parts += [(f"warning: {warning}", "yellow") for warning in report.warnings]
    if report.problems:
        parts.append((f"not to be trusted: {plural(len(report.problems), 'problem')}", "bold red"))
    elif not report.anchored:
        parts.append(("unanchored: the chain holds together, but nothing says that it is the right one", "bold yellow"))
    elif not report.signed:
        parts.append(("the chain holds from the first release on; nothing is signed: whoever could push could release",
                      "bold yellow"))  # fmt: skip
    else:
        parts.append(("every release is one that somebody was allowed to make", "bold green"))
    return parts


def release_record(release: Release) -> list[Part]:
    """One release's record."""
    who = release.actor.principal or f"{release.actor.name} <{release.actor.email}>"
    rows: list[tuple[Cell, ...]] = [
        ("op", release.op.replace("_", " ")), ("subject", release.subject or "-"),
        ("version", f"@{release.version}" if release.version is not None else "-"), ("step", release.step or "-"),
        ("time", moment(release.time)), ("by", who), ("why", release.reason or "-"),
        ("tenants", f"{release.tenants_moved} of {release.tenants} changed"), ("request", release.request or "-"),
        ("plan", release.plan_digest),
        ("approvals", ", ".join(f"{a.principal} ({a.by})" for a in release.approvals) or "-"),
        ("gates", "; ".join(gate_line(g) for g in release.gates) or "-"),
    ]  # fmt: skip
    return [f"{release.environment} #{release.seq}", Table(("", ""), rows)]
