"""The route matrix for people: what is wrong with a snapshot, what stands in it, how two differ.

A snapshot that is shown may be of any shape; whatever is not where it belongs is left out, never a crash.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pxctl.model.matrix import MatrixDiff, MatrixReport
from pxctl.report.text import Cell, Table, listing, one_line, plural

READ_ONLY = "read-only inventory: nothing in it is permission to change, call, switch or deploy anything"


def check_text(report: MatrixReport) -> list[Any]:
    """Every fault with its rule and JSON path, and one line of summary."""
    how = f"profile {report.profile}" + (", strict" if report.strict else "")
    if not report.faults:
        return [f"{report.file}: {plural(report.routes, 'route')}, no fault ({how})"]
    lines: list[Any] = []
    for fault in report.faults:
        lines.append(f"{report.file}: {fault.rule} {fault.place}: {fault.message}")
        if fault.hint:
            lines.append((f"  hint: {fault.hint}", "dim"))
    lines.append((f"{plural(len(report.faults), 'fault')} in {report.file} ({how})", "bold red"))
    return lines


def check_json(report: MatrixReport) -> dict[str, Any]:
    """The report as machines read it: each fault with its JSON path as text."""
    return {
        "schema_version": report.schema_version,
        "file": report.file,
        "profile": report.profile,
        "strict": report.strict,
        "passed": not report.failed,
        "routes": report.routes,
        "faults": [
            {"rule": fault.rule, "path": fault.place, "message": fault.message, "hint": fault.hint}
            for fault in report.faults
        ],
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(snapshot: Any, name: str) -> Iterator[Mapping[str, Any]]:
    value = _mapping(snapshot).get(name)
    for member in value if isinstance(value, list) else ():
        if isinstance(member, Mapping):
            yield member


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


_ROUTE_COLUMNS = (
    ("route", "route_id"), ("kind", "kind"), ("status", "status"), ("gate", "route_gate"),
    ("order", "provider_order"), ("next action", "next_action"),
)  # fmt: skip
_STYLES = {"blocked": "bold red", "action_required": "yellow", "observed": "green"}


def _rows(snapshot: Any) -> list[tuple[str, ...]]:
    return [
        tuple(_text(route.get(key, "")) for _, key in _ROUTE_COLUMNS) for route in _objects(snapshot, "provider_routes")
    ]


def _facts(snapshot: Any) -> list[tuple[str, str]]:
    """Lines of head: when, under which programme, what is allowed, gates and gaps."""
    top = _mapping(snapshot)
    status = _mapping(top.get("program_status"))
    allowed = [name for name, value in _mapping(top.get("operation_boundaries")).items() if value is not False]
    gaps = [_text(gap.get("gap_id", "")) for gap in _objects(snapshot, "source_gaps")]
    gates = [_text(gate.get("gate_id", "")) for gate in _objects(snapshot, "candidate_gates")]
    return [
        ("generated at", _text(top.get("generated_at", ""))),
        ("programme", _text(status.get("program", ""))),
        ("source", _text(status.get("source", "")) if status.get("source") else "not stated"),
        ("operations allowed", listing(allowed) or "none"),
        ("gates", listing(gates, 10) or "none"),
        ("source gaps", listing(gaps, 10) or "none"),
    ]


def show_text(snapshot: Any) -> list[Any]:
    """The snapshot for a terminal."""
    rows: list[tuple[Cell, ...]] = []
    for row in _rows(snapshot):
        order = row[4].split(", ")
        rows.append((row[0], row[1], (row[2], _STYLES.get(row[2], "")), row[3], listing(order, 3), row[5]))
    parts: list[Any] = [Table(("", ""), _facts(snapshot)), ""]
    parts += [Table([title for title, _ in _ROUTE_COLUMNS], rows), ""]
    return [*parts, READ_ONLY, *_denials(snapshot)]


def _denials(snapshot: Any) -> list[str]:
    denials = _mapping(_mapping(snapshot).get("operator_contract")).get("must_not_interpret_as")
    if not isinstance(denials, list):
        return []
    return ["it must not be read as: " + "; ".join(_text(item) for item in denials)]


def show_markdown(snapshot: Any) -> str:
    """The snapshot as a markdown page."""

    def cell(text: str) -> str:
        return html.escape(text, quote=False).replace("|", "\\|").replace("`", "'")

    lines = ["# Route matrix", "", *(f"- {name}: {cell(value)}" for name, value in _facts(snapshot)), ""]
    lines += ["| " + " | ".join(title for title, _ in _ROUTE_COLUMNS) + " |", "|" + "---|" * len(_ROUTE_COLUMNS)]
    lines += ["| " + " | ".join(cell(text) for text in row) + " |" for row in _rows(snapshot)]
    lines += ["", f"**{READ_ONLY}**", "", *(cell(text) for text in _denials(snapshot))]
    return "\n".join(lines).rstrip() + "\n"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Route matrix</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }}
body {{ margin: 2rem auto; max-width: 80rem; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border-bottom: 1px solid #8884; padding: .35rem .6rem; text-align: left; vertical-align: top }}
.blocked {{ color: #c00; font-weight: 600 }} .action_required {{ color: #a60 }} .observed {{ color: #070 }}
.note {{ border-left: 4px solid #a60; padding: .3rem .8rem }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem }}
dt {{ font-weight: 600 }} dd {{ margin: 0 }}
</style></head><body>
<h1>Route matrix</h1>
<p class="note">{note}</p>
<dl>{facts}</dl>
<table><thead><tr>{head}</tr></thead><tbody>
{rows}
</tbody></table>
<p>{denials}</p>
</body></html>
"""


def show_html(snapshot: Any) -> str:
    """The snapshot as one page without scripts; every text is escaped."""
    rows = []
    for row in _rows(snapshot):
        cells = [f"<td>{html.escape(text)}</td>" for text in row]
        known = row[2] if row[2] in _STYLES else ""
        cells[2] = f'<td class="{known}">{html.escape(row[2])}</td>'
        rows.append("<tr>" + "".join(cells) + "</tr>")
    return _PAGE.format(
        note=html.escape(READ_ONLY),
        facts="".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in _facts(snapshot)),
        head="".join(f"<th>{title}</th>" for title, _ in _ROUTE_COLUMNS),
        rows="\n".join(rows),
        denials=html.escape(" ".join(_denials(snapshot))),
    )


_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def diff_text(difference: MatrixDiff) -> list[Any]:
    """Every difference on a line, and one line of summary."""
    lines: list[Any] = []
    for change in difference.changes:
        sign, style = _SIGNS[change.kind]
        name = " ".join(part for part in (change.what, change.id, change.field) if part)
        if change.kind == "changed":
            name += f": {_text(change.old)} -> {_text(change.new)}"
        elif change.field:
            name += f": {_text(change.new if change.kind == 'added' else change.old)}"
        lines.append((f"{sign} {name}", style))
    if not lines:
        return ["no difference"]
    return [*lines, plural(len(lines), "difference"), READ_ONLY]
