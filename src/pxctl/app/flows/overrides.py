"""Command-line words to validation settings: `chat,tools`, `eu=chat`, `0.9`, `eu=0.8`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from pxctl.core.errors import UsageError
from pxctl.probe.settings import Override, Settings
from pxctl.probe.suites.registry import NAMES


def settings_from(
    *,
    suites: Sequence[str] = (),
    regions: Sequence[str] = (),
    min_health: Sequence[str] = (),
    max_p95_ms: Sequence[str] = (),
    max_error_rate: Sequence[str] = (),
    samples: int = 3,
    budget_usd: str | None = None,
    max_calls: int | None = None,
    deadline_s: float = 120.0,
    concurrency: int = 32,
) -> Settings:
    """Settings of a run. Raises UsageError for a suite that does not exist or a number that is none."""
    found: dict[str, Override] = {"": Override()}
    for field, texts, read in (
        ("suites", suites, _suites),
        ("min_health", min_health, _share),
        ("max_p95_ms", max_p95_ms, _milliseconds),
        ("max_error_rate", max_error_rate, _share),
    ):
        _collect(found, field, texts, read)
    general = found.pop("")
    try:
        usd = Decimal(budget_usd) if budget_usd is not None else None
    except InvalidOperation:
        usd = Decimal(-1)
    if usd is not None and not (usd.is_finite() and usd >= 0):
        raise UsageError(f"`{budget_usd}` is not an amount of USD")
    return Settings(
        general, found, tuple(part for text in regions for part in text.split(",") if part), samples, usd, max_calls,
        deadline_s, concurrency,
    )  # fmt: skip


def _collect(found: dict[str, Override], field: str, texts: Sequence[str], read: Callable[[str], Any]) -> None:
    for text in texts:
        region, mark, value = text.partition("=")
        if not mark:
            region, value = "", text
        old = found.get(region, Override())
        new = read(value)
        if field == "suites" and old.suites:
            new = (*old.suites, *new)
        found[region] = replace(old, **{field: new})


def _suites(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in names:
        if name not in NAMES:
            raise UsageError(f"no suite is called `{name}`", hint=f"suites: {', '.join(NAMES)}")
    if not names:
        raise UsageError("--suite names no suite", hint=f"suites: {', '.join(NAMES)}")
    return names


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(f"`{text}` is not a number from 0 to 1")
    return value


def _milliseconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise UsageError(f"`{text}` is not a number of milliseconds above 0")
    return int(text)
