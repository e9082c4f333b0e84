"""How an environment is run, for people."""

from __future__ import annotations

from pxctl.core.clock import to_text
from pxctl.model.live import Figures, Spread
from pxctl.report.text import Table, percent, plural


def figures_text(found: Figures) -> list[Table | str]:
    """The figures, each with how often it was seen."""
    rows = [
        ("onboarding: a provider on main -> its first tenant", *_spread(found.onboarding)),
        ("publish to live: the source commit -> everybody has it", *_spread(found.publish_to_live)),
        ("exposure: a withdrawn version's first tenant -> its rollback", *_spread(found.exposure)),
    ]
    since = f" since {to_text(found.since)}" if found.since is not None else ""
    parts: list[Table | str] = [
        f"{found.environment}: {plural(found.releases, 'release')}{since}, {plural(found.rollbacks, 'rollback')}",
        Table(("", "seen", "median", "longest"), rows, right=frozenset({1, 2, 3})),
        f"staged: {found.staged_rollouts} of {plural(found.finished_rollouts, 'finished rollout')} went through steps "
        f"({percent(found.staged_rollouts, found.finished_rollouts)})",
        f"secrets: {found.secrets_managed} of {found.secrets} live providers that need one have its version on record",
    ]
    if found.secrets_overdue:
        parts.append("overdue: " + ", ".join(found.secrets_overdue))
    return parts


def _spread(spread: Spread) -> tuple[str, str, str]:
    return str(spread.count), duration_text(spread.median_s), duration_text(spread.longest_s)


def duration_text(seconds: float | None) -> str:
    """`42 s`, `12 min`, `3.5 h`, `2.1 d`; `-` for none."""
    if seconds is None:
        return "-"
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"
