"""Providers as they are: files beside evidence, signals, secrets and releases; and edits of a file's status."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from pxctl.app.flows.secret_room import Room
from pxctl.core.clock import from_text
from pxctl.core.errors import PxctlError, RefusedError, UsageError
from pxctl.load.git import run_git
from pxctl.load.writer import set_value
from pxctl.model.evidence import Evidence
from pxctl.model.inventory import ChainLink, Observed, ProviderList, ProviderRow
from pxctl.model.provider import Provider
from pxctl.model.signals import ProviderHealth, Signals
from pxctl.signals.store import SignalStore

SORTS: dict[str, Callable[[ProviderRow], Any]] = {
    "id": lambda row: row.id,
    "priority": lambda row: (row.priority, row.id),
    "last_checked": lambda row: (row.last_checked is not None, row.last_checked, row.id),
    "latency": lambda row: (row.signals.latency_ms_p95_5m is None, row.signals.latency_ms_p95_5m or 0, row.id),
    "failures": lambda row: (-row.signals.failure_count_last_1m, row.id),
    "health": lambda row: (row.health is None, row.health or 0, row.id),
}


def inventory(
    room: Room,
    *,
    kinds: Sequence[str] = (),
    statuses: Sequence[str] = (),
    secret: str | None = None,
    health_below: float | None = None,
    sort: str = "priority",
    secrets: bool = False,
) -> ProviderList:
    """Every provider that the filters let through. `secrets` asks the stores, from metadata."""
    if sort not in SORTS:
        raise UsageError(f"`{sort}` is no order", hint=f"orders: {', '.join(SORTS)}")
    present = _present(room) if secrets or secret else {}
    now = room.clock.now()
    rows = []
    path = room.journal.path.with_name("signals.db")
    with SignalStore(path) as store:
        signals = store.snapshot(now)
        for provider in room.loaded.config.providers.values():
            evidence = store.latest_evidence(provider.id)
            rows.append(_row(room, provider, evidence, store.health(provider.id, now), signals, present, now))
    kept = [
        row for row in rows
        if (not kinds or row.kind in kinds)
        and (not statuses or row.status in statuses or row.observed in statuses)
        and (secret is None or row.secret_present is (secret == "present"))
        and (health_below is None or (row.health is not None and row.health < health_below))
    ]  # fmt: skip
    return ProviderList(environment=room.environment, providers=tuple(sorted(kept, key=SORTS[sort])))


def one(room: Room, name: str) -> ProviderRow:
    """One provider, with its secret's presence and its onboarding time."""
    room.provider(name)
    (row,) = (row for row in inventory(room, secrets=True).providers if row.id == name)
    return row.model_copy(update={"onboarding_seconds": onboarding(room, name)})


def onboarding(room: Room, name: str) -> float | None:
    """Seconds from the first commit that has the provider's file to its first full release here; None before that."""
    if room.view is None or room.desk is None:
        return None
    with suppress(PxctlError):
        from pxctl.app.flows.live_start import release_log

        out = run_git(["log", "--diff-filter=A", "--format=%cI", "--", f"providers/{name}.yaml"], room.root).decode()
        began = from_text(out.split()[-1]) if out.split() else None
        log = release_log(room.desk, None, fetch=False)
        full = [e.time for e in log.entries if e.subject == f"providers/{name}" and "full" in e.step and e.time]
        if began is None or not full:
            return None
        return max(0.0, (full[-1] - began).total_seconds())
    return None


def edit(room: Room, name: str, field: str, value: Any, *, force: bool = False, reason: str = "") -> str:
    """Set `enabled` or `status` in a provider's file; every other byte stays. Returns the path.

    Raises RefusedError where that would switch off a provider that the environment pins, without force and a reason.
    """
    provider = room.provider(name)
    place = room.loaded.document_of("provider", provider.id)
    if place is None:
        raise UsageError(f"`{name}` has no file of its own")
    off = (field == "enabled" and value is False) or (field == "status" and value in ("disabled", "draft"))
    if off and not (force and reason):
        from pxctl.app.flows.secret import pinned

        if users := pinned(room, name):
            raise RefusedError(
                f"`{name}` is live for {users} tenants of `{room.environment}`",
                hint="take it from them first (`pxctl publish --withdraw`), or say --force --reason WHY",
            )
    text = set_value(place[0].text, (*place[1], field), value)
    (room.root / place[0].file).write_text(text, encoding="utf-8", newline="")
    event = "provider.state_changed" if field in ("enabled", "status") else "provider.updated"
    room.note(event, provider_id=name, field=field, value=value, reason=reason or None)
    return place[0].file


def _present(room: Room) -> dict[str, bool | None]:
    from pxctl.app.flows.secret import status

    found: dict[str, bool | None] = {}
    for entry in status(room).secrets:
        if entry.name == "api_key":
            found[entry.provider] = entry.secret_present
    return found


def _row(
    room: Room, provider: Provider, evidence: Evidence | None, health: ProviderHealth, signals: Signals,
    present: dict[str, bool | None], now: datetime,
) -> ProviderRow:  # fmt: skip
    place = room.loaded.document_of("provider", provider.id)
    observed, why = observed_state(provider, place[0].blob if place else "", evidence, health, now)
    chain = _chain(provider, signals, evidence)
    return ProviderRow(
        id=provider.id, display_name=provider.display_name, kind=provider.kind, status=provider.status,
        enabled=provider.enabled, priority=provider.priority, observed=observed, why=why,
        secret_policy=provider.secret_policy, secret_present=present.get(provider.id),
        health=evidence.health if evidence else None, signals=health, chain=chain,
        last_checked=health.last_checked_at or (evidence.finished_at if evidence else None),
        evidence_until=evidence.expires_at if evidence and evidence.passed else None,
        active=next((link.model for link in chain if link.able), None),
    )  # fmt: skip


def observed_state(
    provider: Provider, blob: str, evidence: Evidence | None, health: ProviderHealth, now: datetime
) -> tuple[Observed, str]:
    """The observed state and why; it comes from evidence and signals alone, never from the file."""
    if not provider.enabled or provider.status == "disabled":
        return "disabled", "its file says so"
    if evidence is None:
        return "pending_validation", "it was never validated"
    if evidence.blob != blob:
        return "pending_validation", "its file changed after the last validation"
    if not evidence.passed:
        return "pending_fix", evidence.reasons[0] if evidence.reasons else "its last validation failed"
    if now >= evidence.expires_at:
        return "pending_validation", "its evidence has expired"
    rate = health.success_rate_5m
    if rate == 0.0 and health.last_error_code in ("connection", "timeout"):
        return "unreachable", f"no call of the last 5 minutes got through ({health.last_error_code})"
    if rate is not None and rate < 1 - max(provider.validation.max_error_rate, 0.05):
        return "degraded", f"{rate:.0%} of the calls of the last 5 minutes succeeded"
    return "passing", ""


def _chain(provider: Provider, signals: Signals, evidence: Evidence | None) -> tuple[ChainLink, ...]:
    names = [name for name in (provider.default_model, *provider.fallback_models) if name]
    links = []
    for name in names:
        facts = [signals.deployments.get(f"{provider.id}/{name}@{end.region}") for end in provider.endpoints]
        failed = [r for r in evidence.results if r.model == name and not r.passed] if evidence else []
        if not provider.enabled or provider.status == "disabled":
            links.append(ChainLink(model=name, able=False, why="disabled"))
        elif all(fact is not None and fact.circuit == "open" for fact in facts):
            links.append(ChainLink(model=name, able=False, why="circuit open in every region"))
        elif failed and len({r.region for r in failed}) == len(provider.endpoints):
            links.append(ChainLink(model=name, able=False, why=f"{failed[0].suite}: {failed[0].error}"))
        else:
            links.append(ChainLink(model=name, able=True, why="" if evidence else "not validated"))
    return tuple(links)
