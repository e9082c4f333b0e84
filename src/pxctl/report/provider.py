"""Providers for people."""

from __future__ import annotations

from typing import Any

from pxctl.model.inventory import ProviderList, ProviderRow, Registration
from pxctl.report.terminal import state
from pxctl.report.text import Cell, Table, duration


def chain_text(row: ProviderRow) -> str:
    """`gpt-4.1-mini* -> gpt-4.1-nano`: the star marks the one in use."""
    return " -> ".join(link.model + ("*" if link.model == row.active else "") for link in row.chain) or "-"


def list_text(found: ProviderList) -> list[Any]:
    """One row a provider."""
    rows: list[tuple[Cell, ...]] = []
    for row in found.providers:
        secret = (
            "-" if row.secret_policy == "none" else {True: "present", False: "missing", None: "?"}[row.secret_present]
        )
        checked = f"{row.last_checked:%Y-%m-%d %H:%M}Z" if row.last_checked else "never"
        rows.append(
            (
                row.id, row.kind, row.status if row.enabled else "disabled", state(row.observed), secret,
                _number(row.health, 3), _number(row.signals.latency_ms_p95_5m, 0),
                str(row.signals.failure_count_last_1m), checked, chain_text(row),
            )
        )  # fmt: skip
    headers = ("provider", "kind", "status", "observed", "secret", "health", "p95 ms", "failures", "checked", "chain")
    return [Table(headers, rows, right=frozenset({5, 6, 7}))] if rows else ["no provider matches"]


def show_text(row: ProviderRow) -> list[Any]:
    """Everything about one provider."""
    signals = row.signals
    lines: list[tuple[Cell, ...]] = [
        ("name", row.display_name),
        ("kind", row.kind),
        ("status in the file", row.status if row.enabled else f"{row.status}, not enabled"),
        ("observed", state(row.observed)),
        ("why", row.why or "-"),
        ("secret", "no secret required" if row.secret_policy == "none" else _yes(row.secret_present)),
        ("health", _number(row.health, 3)),
        ("evidence until", f"{row.evidence_until:%Y-%m-%d %H:%M}Z" if row.evidence_until else "-"),
        ("latency last / avg / p95 of 5 m", " / ".join(
            _number(v, 0) for v in (signals.latency_ms_last, signals.latency_ms_avg_5m, signals.latency_ms_p95_5m))),
        ("success rate of 5 m", _number(signals.success_rate_5m, 3)),
        ("failures of 1 m", str(signals.failure_count_last_1m)),
        ("last error", f"{signals.last_error_code}: {signals.last_error_message}" if signals.last_error_code else "-"),
        ("chain", chain_text(row)),
    ]  # fmt: skip
    lines += [
        ("", f"{link.model}: {'able' if link.able else 'not able'}{f' ({link.why})' if link.why else ''}")
        for link in row.chain
    ]
    if row.onboarding_seconds is not None:
        lines.append(("onboarding took", duration(row.onboarding_seconds)))
    return [Table(("", ""), lines)]


def registration_text(found: Registration) -> list[Any]:
    """What was done, and what comes next."""
    parts: list[Any] = []
    if found.stored:
        parts.append(f"the secret is stored under {found.stored}, version {found.version}")
    if found.pull_request:
        parts.append(f"{found.path} is on branch {found.branch}; {found.pull_request}")
    elif found.branch:
        parts.append(f"{found.path} is committed on branch {found.branch} ({(found.commit or '')[:12]})")
    else:
        parts.append(f"wrote {found.path}")
    parts += [("warning: " + warning, "yellow") for warning in found.warnings]
    parts.append(f"next: pxctl validate {found.provider}")
    return parts


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _yes(value: bool | None) -> str:
    return {True: "present", False: "missing", None: "unknown"}[value]
