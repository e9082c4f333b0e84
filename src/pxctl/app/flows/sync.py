"""Sync: what is live goes to the targets of an environment, and what they report is compared with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pxctl.app.flows.credentials import Base, read_base
from pxctl.app.flows.live import Live, LiveGroup, live_view, resolve
from pxctl.app.flows.release import Desk, note
from pxctl.app.wiring import state_folder
from pxctl.core.digest import digest
from pxctl.core.errors import ConfigError, PxctlError, UsageError
from pxctl.core.secret import Secret
from pxctl.model.project import PublishTarget
from pxctl.model.sync import SyncReport, TargetReport
from pxctl.release.documents import decode
from pxctl.release.targets import files
from pxctl.release.targets.base import LiveState, LiveTenant, Reported
from pxctl.release.targets.registry import open_target
from pxctl.release.targets.sync import sync_target
from pxctl.release.view import View


def sync(
    desk: Desk, names: tuple[str, ...] = (), *, dry_run: bool = False, step: Callable[[], None] | None = None
) -> SyncReport:  # fmt: skip
    """Bring an environment's targets (or some of them) up to date, or only say what would change.

    Raises UsageError where there is nothing to sync to, ConfigError for a target that cannot be opened; what a target
    itself does is in the report, and in the journal.
    """
    project = desk.config.project
    mine = project.environments[desk.environment].targets
    for name in names:
        if name not in mine:
            known = ", ".join(f"`{n}`" for n in mine) or "none"
            raise UsageError(f"`{desk.environment}` has no target `{name}`", hint=f"it has {known}")
    chosen = names or mine
    if not chosen:
        raise UsageError(
            f"`{desk.environment}` has no targets", hint="name them in pxctl.yaml: `targets: [NAME]` of the environment"
        )
    missing = [name for name in chosen if name not in project.targets]
    if missing:
        raise ConfigError(f"target `{missing[0]}` is not under `targets:` in pxctl.yaml")
    state = live_state(desk)
    base = read_base(desk.root)
    reports = [_one(desk, base, name, project.targets[name], state, dry_run, step) for name in chosen]
    return SyncReport(
        environment=state.environment, seq=state.seq, commit=state.commit, dry_run=dry_run, targets=tuple(reports)
    )


def _one(
    desk: Desk, base: Base, name: str, settings: PublishTarget, state: LiveState, dry_run: bool,
    step: Callable[[], None] | None,
) -> TargetReport:  # fmt: skip
    memory = _memory(desk, name)
    try:
        token = _token(desk, base, name, settings)
    except PxctlError as error:
        report: TargetReport = TargetReport(
            target=name, kind=settings.kind, state="down", error=error.message, hint=error.hint,
            kept=len(memory or ()), refused=tuple(sorted(set(state.tenants) - set(memory or ()))),
        )  # fmt: skip
        after: Reported | None = None
    else:
        target = open_target(name, settings, desk.environment, token, str(desk.root))
        try:
            report, after = sync_target(
                name, settings.kind, target, state, concurrency=settings.concurrency, dry_run=dry_run,
                last_seen=memory, step=step,
            )  # fmt: skip
        finally:
            target.close()
    if after is not None:
        _remember(desk, name, after)
    if not dry_run:
        _journal(desk, report, state)
    return report


def _token(desk: Desk, base: Base, name: str, settings: PublishTarget) -> Secret | None:
    if settings.credential_ref is None:
        return None
    if settings.url is None:
        raise ConfigError(f"target `{name}` has a credential_ref and no url to send it to")
    return base.resolver({"environment": desk.environment}).resolve_for(settings.credential_ref, settings.url).secret


def _journal(desk: Desk, report: TargetReport, state: LiveState) -> None:
    if report.state == "in_sync":
        if report.changes:
            note(desk, "target.in_sync", target=report.target, seq=state.seq, changes=report.changes)
        return
    note(
        desk, "target.out_of_sync", target=report.target, seq=state.seq, state=report.state,
        failed=len(report.failed), refused=len(report.refused), kept=report.kept, unknown=len(report.unknown),
        reason=report.error or "",
    )  # fmt: skip


def _place(desk: Desk, name: str) -> Path:
    return state_folder(desk.root) / "targets" / f"{desk.environment}.{name}.json"


def _memory(desk: Desk, name: str) -> frozenset[str] | None:
    """What a target held when it last answered; a hint for reports, nothing depends on it."""
    with suppress(OSError, PxctlError, KeyError, TypeError):
        found = files.read(_place(desk, name))
        return frozenset(map(str, found["items"])) if found else None
    return None


def _remember(desk: Desk, name: str, reported: Reported) -> None:
    with suppress(OSError, PxctlError):
        files.write(_place(desk, name), {"items": sorted(reported.items)})


# what is live, as values for targets


def live_state(desk: Desk) -> LiveState:
    """Everything that is live in an environment, in the form that targets take."""
    live = resolve(desk)
    view = live_view(desk, live.commit)
    tenants: dict[str, LiveTenant] = {}
    for group in live.groups:
        shared = _shared(group, view)
        shared_digest = digest(shared)
        for tenant in group.tenants:
            tenants[tenant] = LiveTenant(tenant, shared, _own(live, group, tenant), shared_digest)
    flags_of = {t: g.pins.flags for g in live.groups for t in g.tenants if g.pins.flags is not None}
    counts = Counter(flags_of.values())
    main = min(counts, key=lambda number: (-counts[number], -number)) if counts else None
    flags = {g.pins.flags: _flag_document(g) for g in live.groups if g.pins.flags is not None}
    return LiveState(
        live.environment,
        live.release.seq,
        live.commit,
        tenants,
        removed_tenants(view) - set(tenants),
        flags,
        main,
        flags_of,
    )


def removed_tenants(view: View) -> frozenset[str]:
    """Tenants with a tombstone."""
    shards = view.folder("tombstones")
    view.load_trees(entry.id for entry in shards.values())
    return frozenset(name.removesuffix(".yaml") for e in shards.values() for name in view.tree(e.id))


def _shared(group: LiveGroup, view: View) -> dict[str, Any]:
    credentials = {}
    for provider in group.pins.providers:
        data = view.read(f"credentials/{provider}.yaml")
        if data is not None:
            credentials[provider] = decode(data)
    config = group.config
    return {
        "pins": group.pins.model_dump(mode="json", exclude_none=True),
        "policies": {n: _plain(p) for n, p in config.policies.items()},
        "providers": {n: _plain(p) for n, p in config.providers.items() if n in group.pins.providers},
        "flags": {n: _plain(f) for n, f in config.flags.items()},
        "credentials": credentials,
    }


def _own(live: Live, group: LiveGroup, tenant: str) -> dict[str, Any]:
    known = group.config.tenants.get(tenant)
    away = group.withheld.get(tenant, frozenset()) & frozenset(group.pins.providers)
    return {
        "roster": _plain(known) if known is not None else {},
        "safe_mode": live.safe_mode.covers(tenant, known.business_line if known is not None else ""),
        "withheld": sorted(away),
    }


def _flag_document(group: LiveGroup) -> dict[str, Any]:
    """The flag files of one version as one. Raises ConfigError for two evaluators of one name that differ."""
    flags: dict[str, Any] = {}
    evaluators: dict[str, Any] = {}
    for name, file in sorted(group.config.flags.items()):
        data = _plain(file)
        for key, rule in (data.get("$evaluators") or {}).items():
            if evaluators.setdefault(key, rule) != rule:
                raise ConfigError(f"{name}: `$evaluators` has another `{key}` than a file before it")
        for key, flag in data.get("flags", {}).items():
            metadata = {**(data.get("metadata") or {}), **(flag.get("metadata") or {})}
            flags[key] = {**flag, **({"metadata": metadata} if metadata else {})}
    head = {"$schema": "https://flagd.dev/schema/v0/flags.json", "flags": flags}
    return {**head, "$evaluators": evaluators} if evaluators else head


def _plain(value: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = value.model_dump(mode="json", exclude_none=True, exclude_unset=True, by_alias=True)
    return found
