"""What an import or an export brought over, and what it did not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pxctl.model.finding import Severity
from pxctl.model.interop import Exported, Imported, Note
from pxctl.report.text import Cell, Table, plural

_KINDS = {
    "for_you": ("for you to do", "yellow"),
    "approximated": ("comes close", "cyan"),
    "no_counterpart": ("no counterpart", "dim"),
}


def notes_table(notes: Sequence[Note]) -> list[Any]:
    """Notes as a table, what is to be done first."""
    order = list(_KINDS)
    rows: list[tuple[Cell, ...]] = []
    for note in sorted(notes, key=lambda note: order.index(note.kind)):
        word, style = _KINDS[note.kind]
        place = f"{note.span.line}:{note.span.column}" if note.span else ""
        rows.append(((word, style), note.subject, note.why, place))
    return [Table(("", "what", "why", "where"), rows), ""] if rows else []


def import_text(imported: Imported, written: Sequence[str] | None) -> list[Any]:
    """An import for people: findings in the source, what did not come over, and the files."""
    parts: list[Any] = []
    shown = [finding for finding in imported.findings if finding.severity is not Severity.INFO]
    for finding in shown:
        style = "bold red" if finding.severity is Severity.ERROR else "yellow"
        hint = f" ({finding.hint})" if finding.hint else ""
        parts.append((f"{finding.span}: {finding.severity.value} {finding.code}: {finding.message}{hint}", style))
    if shown:
        parts.append("")
    parts += notes_table(imported.notes)
    if not imported.files:
        return [*parts, f"{imported.file}: there is no deployment to import"]
    parts.append(
        f"{plural(imported.deployments, 'deployment')} of {plural(imported.providers, 'provider')}, "
        f"{plural(imported.routes, 'route')}, {plural(len(imported.notes), 'note')}"
    )
    if written is None:
        parts.append(f"nothing was written; --into DIR writes {plural(len(imported.files), 'file')}")
    else:
        parts += [f"  {name}" for name in written]
    return parts


def export_text(exported: Exported) -> list[Any]:
    """What the other gateway cannot say."""
    return notes_table(exported.notes)
