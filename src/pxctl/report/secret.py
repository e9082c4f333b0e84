"""Secrets for people: what is there, since when, due when. Never a value."""

from __future__ import annotations

from typing import Any

from pxctl.model.secret import SecretChange, SecretCheck, SecretReport
from pxctl.report.terminal import state
from pxctl.report.text import Cell, Table

_WORDS = {
    "ok": ("ok", "green"), "due": ("due", "yellow"), "overdue": ("overdue", "bold red"), "missing": ("missing", "red"),
    "not_needed": ("no secret required", "dim"), "unknown": ("unknown", "red"),
}  # fmt: skip


def status_text(report: SecretReport) -> list[Any]:
    """One row a credential."""
    rows: list[tuple[Cell, ...]] = []
    for one in report.secrets:
        name = one.provider if one.name == "api_key" else f"{one.provider} {one.name}"
        age = "-" if one.age_days is None else f"{one.age_days:.0f} d"
        due = "-" if one.due_at is None else f"{one.due_at:%Y-%m-%d}"
        version = one.version or "-"
        if one.live_version and one.live_version != one.version:
            version += f" (live: {one.live_version})"
        rows.append((name, _WORDS[one.state], version, age, one.secret_touched_by or "-", due))
    parts: list[Any] = [
        Table(("provider", "secret", "version", "age", "rotated by", "due"), rows, right=frozenset({3}))
    ]
    for one in report.secrets:
        if one.error:
            parts.append(f"{one.provider}: {one.error}" + (f"; {one.hint}" if one.hint else ""))
    return parts


def change_text(change: SecretChange) -> list[Any]:
    """What was done, in a line or two."""
    name = change.provider if change.name == "api_key" else f"{change.provider} {change.name}"
    if not change.done:
        return [(f"{change.operation} of {name} was taken back; the old value stays live", "red"), *change.notes]
    words = {"set": "is stored", "rotate": "is rotated", "clear": "is cleared", "undo": "is back"}[change.operation]
    version = f", version {change.version}" if change.version not in (None, "present") else ""
    recorded = f", release #{change.release}" if change.release is not None else ""
    return [(f"the secret of {name} {words}{version}{recorded}", "green"), *change.notes]


def check_text(found: SecretCheck) -> list[Any]:
    """One row a step."""
    rows = [(line.what, state("ok" if line.ok else "failed"), line.detail + _way(line.hint)) for line in found.lines]
    return [Table(("", "", ""), rows)]


def _way(hint: str | None) -> str:
    return f"; {hint}" if hint else ""
