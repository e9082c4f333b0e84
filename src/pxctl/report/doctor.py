"""The findings of `pxctl doctor`, for people."""

from __future__ import annotations

from pxctl.model.doctor import Checkup
from pxctl.report.text import Cell, Table, plural

_STYLE = {"ok": "green", "info": "cyan", "warning": "yellow", "problem": "bold red", "skipped": "dim"}


def checkup_text(checkup: Checkup) -> list[Table | str]:
    """A table of all checks, how to mend what is not well, and one line of summary."""
    rows: list[tuple[Cell, ...]] = [
        ((check.verdict, _STYLE[check.verdict]), check.name, check.detail) for check in checkup.checks
    ]
    parts: list[Table | str] = [Table(("", "what", "how it is"), rows)]
    mend = [check for check in checkup.checks if check.mend]
    if mend:
        parts += ["", "To mend:", *(f"  {check.name}: {check.mend}" for check in mend)]
    problems = sum(check.verdict == "problem" for check in checkup.checks)
    warnings = sum(check.verdict == "warning" for check in checkup.checks)
    parts.append("")
    parts.append(
        f"{plural(len(checkup.checks), 'check')}: {plural(problems, 'problem')}, {plural(warnings, 'warning')}"
    )
    return parts
