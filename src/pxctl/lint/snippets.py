"""The source line of a finding, with nothing on it that must not be repeated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pxctl.core import lines
from pxctl.core.secretlike import MASK, mask_line, printable
from pxctl.model.configuration import Loaded
from pxctl.model.finding import Finding

MAX_LINE = 2_000
"""Characters of a source line that a finding repeats at most; what is longer no person wrote."""
HOLD_SECRETS = frozenset({"PX0201", "PX0203", "PX0204", "PX0205", "PX0206", "PX0209"})
"""Rules whose place is a secret, or may be one."""

Hidden = Mapping[tuple[str, int], list[tuple[int, int]]]
"""By file and line: the columns, 1-based and end exclusive, that nobody repeats."""


def hidden_places(findings: Iterable[Finding]) -> Hidden:
    """The places of all secrets, also of those whose finding is switched off or ignored."""
    found: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for finding in findings:
        span = finding.span
        if finding.code in HOLD_SECRETS and span.end_line:
            for number in range(span.line, span.end_line + 1):
                start = span.column if number == span.line else 1
                end = span.end_column if number == span.end_line else MAX_LINE + 1
                found.setdefault((span.file, number), []).append((start, end))
    return found


def with_line(loaded: Loaded, finding: Finding, hidden: Hidden) -> Finding:
    """The finding with its source line, all of it masked and printable."""
    update: dict[str, object] = {}
    if not finding.message.isprintable() or not (finding.hint or "").isprintable():
        update = {"message": printable(finding.message), "hint": finding.hint and printable(finding.hint)}
    line = _source_line(loaded, finding, hidden)
    if line is not None:
        update["snippet"] = line
    return finding.model_copy(update=update) if update else finding


def _source_line(loaded: Loaded, finding: Finding, hidden: Hidden) -> str | None:
    span = finding.span
    document = loaded.documents.get(span.file)
    if document is None or not span.line:
        return None
    line = lines.line(document.text, span.line)
    if line is None or len(line) > MAX_LINE:
        return None
    places = list(hidden.get((span.file, span.line), ()))
    if finding.code.startswith("PX02") and span.end_line == span.line:
        places.append((span.column, span.end_column))
    limit = len(line) + 1
    for start, end in sorted(set(places), reverse=True):  # from the end; what overlaps is hidden once
        if start < limit and start < end:
            line = line[: start - 1] + MASK + line[min(end, limit) - 1 :]
            limit = start
    return printable(mask_line(line)[:400])
