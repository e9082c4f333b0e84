"""Sync: what is live goes to the targets of an environment, and what they report is compared with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from pxctl.app.flows.credentials import Base, read_base
from pxctl.app.flows.live import Live, LiveGroup, live_view, resolve
from pxctl.app.flows.release import Desk, note
from pxctl.app.flows.target_memory import Memory, recall, remember
from pxctl.core.digest import digest
from pxctl.core.errors import ConfigError, PxctlError, UsageError
from pxctl.core.secret import Secret
from pxctl.model.project import PublishTarget
from pxctl.model.sync import SyncReport, TargetReport
from pxctl.release.documents import decode
from pxctl.release.targets.base import LiveState, LiveTenant, Reported
from pxctl.release.targets.registry import open_target
from pxctl.release.targets.sync import sync_target
from pxctl.release.view import View


def sync(
    desk: Desk, names: tuple[str, ...] = (), *, dry_run: bool = False, step: Callable[[], None] | None = None,
    adopt: str | None = None,
) -> SyncReport:  # fmt: skip
    """Bring an environment's targets (or some of them) up to date, or only say what would change.

    `adopt`: why a target that holds a newer release is to take this one all the same (the environment was begun anew).
    Raises UsageError where there is nothing to sync to, ConfigError for a target that cannot be opened; what a target
    itself does is in the report, and in the journal.
    """
    chosen = chosen_targets(desk, names)
    if adopt == "":
        raise UsageError("--adopt needs a reason", hint="add --reason WHY; it stands in the journal")
    state = live_state(desk)
    base = read_base(desk.root)
    reports = []
    for name in chosen:
        settings, memory = desk.config.project.targets[name], recall(desk, name)
        report, after = ask_target(
            desk, base, name, settings, state, memory, dry_run=dry_run, step=step, adopt=adopt is not None
        )
        remember(desk, name, report, after, state)
        if not dry_run:
            _journal(desk, report, state, adopt)
        reports.append(report)
    return SyncReport(
        environment=state.environment, seq=state.seq, commit=state.commit, dry_run=dry_run, targets=tuple(reports)
    )


def chosen_targets(desk: Desk, names: tuple[str, ...]) -> tuple[str, ...]:
    """These targets of the environment, or all it has. Raises UsageError, ConfigError."""
    project, mine = desk.config.project, desk.settings.targets
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
    return chosen


def ask_target(
    desk: Desk, base: Base, name: str, settings: PublishTarget, state: LiveState, memory: Memory, *, dry_run: bool,
    step: Callable[[], None] | None = None, adopt: bool = False,
) -> tuple[TargetReport, Reported | None]:  # fmt: skip
    """One target, brought up to date or only looked at; also what it holds now, where it can be asked."""
    try:
        token = _token(desk, base, name, settings)
    except PxctlError as error:
        return down(name, settings, state, memory, error.message, error.hint), None
    target = open_target(name, settings, desk.environment, token, str(desk.root))
    try:
        return sync_target(
            name, settings.kind, target, state, concurrency=settings.concurrency, dry_run=dry_run,
            last_seen=memory.items, step=step, adopt=adopt,
        )  # fmt: skip
    finally:
        target.close()


def down(
    name: str, settings: PublishTarget, state: LiveState, memory: Memory, error: str, hint: str | None
) -> TargetReport:
    """The report on a target that cannot be asked: it goes on with what it had, and has no tenant that is new."""
    held = memory.items or frozenset()
    return TargetReport(
        target=name, kind=settings.kind, state="down", error=error, hint=hint, kept=len(held),
        refused=tuple(sorted(set(state.tenants) - held)),
    )  # fmt: skip


def _token(desk: Desk, base: Base, name: str, settings: PublishTarget) -> Secret | None:
    if settings.credential_ref is None:
        return None
    if settings.url is None:
        raise ConfigError(f"target `{name}` has a credential_ref and no url to send it to")
    return base.resolver({"environment": desk.environment}).resolve_for(settings.credential_ref, settings.url).secret


def _journal(desk: Desk, report: TargetReport, state: LiveState, adopt: str | None) -> None:
    if report.adopted is not None:
        note(desk, "target.adopted", target=report.target, seq=state.seq, instead_of=report.adopted, reason=adopt or "")
    if report.state == "in_sync":
        if report.changes:
            note(desk, "target.in_sync", target=report.target, seq=state.seq, changes=report.changes)
        return
    note(
        desk, "target.out_of_sync", target=report.target, seq=state.seq, state=report.state,
        failed=len(report.failed), refused=len(report.refused), kept=report.kept, unknown=len(report.unknown),
        reason=report.error or "",
    )  # fmt: skip


# what is live, as values for targets


def live_state(desk: Desk, commit: str | None = None) -> LiveState:
    """Everything that is live in an environment (at a commit; default: the tip), in the form that targets take."""
    live = resolve(desk, commit=commit)
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
