"""Set, rotate, clear, undo, status and check of credentials. Every change leaves an audit record.

The value arrives as an opaque Secret, is written with check-and-set, and is never shown. Where the environment has a
branch, only those whom its `signers.yaml` lets rotate may change anything, and the release that names the live version
is the record; the journal has every change and every failure besides.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

from pxctl.app.flows.secret_room import Room
from pxctl.core.errors import PxctlError, RefusedError, UsageError
from pxctl.core.secret import Secret
from pxctl.model.base import duration_ms
from pxctl.model.provider import Provider
from pxctl.model.secret import CheckLine, SecretChange, SecretCheck, SecretReport, SecretState, SecretStatus
from pxctl.secrets.base import Metadata, SecretError, parse_ref
from pxctl.secrets.registry import NEEDS_GRANT

AT_ONCE = 16


def present_version(room: Room, provider: str, name: str) -> str | None:
    """The version that a write expects to replace; None where there is nothing yet. Raises UsageError, SecretError.

    Ask before the operator types, so that whoever writes meanwhile is noticed.
    """
    reference = room.reference(room.provider(provider), name)
    backend = room.resolver.backend(parse_ref(reference).scheme)
    if not backend.writable:
        raise SecretError("unsupported", f"`{reference}` cannot be written from here")
    permitted(room, provider, name)
    found = backend.describe(parse_ref(reference))
    return found.version


def set_secret(
    room: Room, provider: str, name: str, secret: Secret, expected: str | None, *, operation: str = "set"
) -> SecretChange:
    """Store a value if nobody else did meanwhile, and make its version live."""
    reference = room.reference(room.provider(provider), name)
    permitted(room, provider, name)
    try:
        version = _put(room, reference, secret, expected)
    except PxctlError as error:
        room.note(f"secret.{operation}_failed", provider_id=provider, credential=name, reason=error.message)
        raise
    return finished(room, operation, provider, name, reference, version=version, previous=expected)


def clear(room: Room, provider: str, name: str, *, force: bool, reason: str) -> SecretChange:
    """Remove the value. Refused while the environment pins the provider, except with `force` and a reason."""
    reference = room.reference(room.provider(provider), name)
    permitted(room, provider, name)
    users = pinned(room, provider)
    if users and not (force and reason):
        raise RefusedError(
            f"`{provider}` is live in `{room.environment}` and needs this secret",
            hint="withdraw the provider first (`pxctl publish --withdraw`), or say --force --reason WHY",
        )
    ref = parse_ref(reference)
    backend = room.resolver.backend(ref.scheme)
    try:
        version = backend.clear(ref, by=room.actor)
    except PxctlError as error:
        room.note("secret.clear_failed", provider_id=provider, credential=name, reason=error.message)
        raise
    room.resolver.drop(reference)
    _missing(room, provider, True)
    notes = (f"bring it back with: pxctl secret undo {provider} --version {version}",) if version else ()
    trace = room.note("secret.cleared", provider_id=provider, credential=name, previous=version, reason=reason or None)
    return _change(room, "clear", provider, name, reference, previous=version, trace_id=trace, notes=notes)


def undo(room: Room, provider: str, name: str, version: str) -> SecretChange:
    """Bring back a version that was cleared or replaced."""
    reference = room.reference(room.provider(provider), name)
    permitted(room, provider, name)
    ref = parse_ref(reference)
    backend = room.resolver.backend(ref.scheme)
    try:
        backend.restore(ref, version, by=room.actor)
        now = backend.describe(ref).version
    except PxctlError as error:
        room.note("secret.undo_failed", provider_id=provider, credential=name, reason=error.message)
        raise
    return finished(room, "undo", provider, name, reference, version=now, previous=version)


def status(room: Room, providers: tuple[str, ...] = ()) -> SecretReport:
    """Every credential of the named providers, or of all, from metadata alone. Never raises for what a store says."""
    from pxctl.app.flows.validate import chosen

    wanted = chosen(room.loaded, providers, False) if providers else list(room.loaded.config.providers.values())
    if not wanted:
        raise UsageError("there is no provider", hint="add one: `pxctl provider new`")
    asked = [(p, name) for p in wanted for name in (sorted(p.credential_refs()) or ["api_key"])]
    _ = (room.resolver, room.view, room.values)  # made once, before threads share them
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = tuple(pool.map(lambda pair: _status(room, *pair), asked))
    missing = sorted({one.provider for one in found if one.state == "missing"})
    from pxctl.signals.store import SignalStore

    if not providers and all(one.state != "unknown" for one in found):
        with suppress(PxctlError), SignalStore(room.journal.path.with_name("signals.db")) as store:
            store.put_fact("missing_credentials", missing, room.clock.now())
    return SecretReport(
        environment=room.environment, at=room.clock.now(), secrets=found, warnings=room.doubts()
    )  # fmt: skip


def check(room: Room, providers: tuple[str, ...] = ()) -> SecretCheck:
    """Reach each store, log in, and resolve each credential for each endpoint that it may go to. Nothing is sent."""
    from pxctl.app.flows.validate import chosen

    wanted = chosen(room.loaded, providers, not providers)
    lines: list[CheckLine] = []
    schemes: dict[str, None] = {}
    for provider in wanted:
        for reference in provider.credential_refs().values():
            with suppress(PxctlError):
                schemes[
                    parse_ref(room.reference(provider)).scheme if "{" in reference else parse_ref(reference).scheme
                ] = None
    for scheme in schemes:
        lines.append(_tried(f"{scheme}://", lambda scheme=scheme: room.resolver.backend(scheme).check()))
    for provider in wanted:
        lines.extend(_endpoints(room, provider))
    return SecretCheck(lines=tuple(lines))


# ---- parts


def permitted(room: Room, provider: str, name: str) -> None:
    """Raise RefusedError where the environment's signers do not let this person rotate."""
    view = room.trusted_view()
    if view is not None and room.desk is not None:
        from pxctl.release import engine
        from pxctl.release.controls import CredentialLive
        from pxctl.release.draft import Setting

        desk, now = room.desk, room.clock.now()
        intent = CredentialLive(provider, "new", room.actor, now, name)
        engine.refuse_bad_tip(desk.branch, view, intent)
        draft = intent.draft(view, Setting(desk.branch.environment, desk.config.project, {}, now))
        engine.permitted(view, desk.world(), intent.permission, draft)


def finished(
    room: Room, operation: str, provider: str, name: str, reference: str, *, version: str | None, previous: str | None,
    done: bool = True, notes: tuple[str, ...] = (),
) -> SecretChange:  # fmt: skip
    """Drop what is cached, make the version live where there is a branch, write the journal."""
    room.resolver.drop(reference)
    seq = None
    if done:
        _missing(room, provider, False)
        if room.view is not None and room.desk is not None and version:
            from pxctl.app.flows.release import release
            from pxctl.release.controls import CredentialLive

            live = CredentialLive(provider, version, room.actor, room.clock.now(), name, f"secret {operation}")
            seq = release(room.desk, live).seq
    trace = room.note(
        "secret.updated" if done else f"secret.{operation}_failed", provider_id=provider, credential=name,
        operation=operation, version=version, previous=previous, release=seq,
    )  # fmt: skip
    return _change(
        room, operation, provider, name, reference, version=version, previous=previous, release=seq, trace_id=trace,
        done=done, notes=notes,
    )  # fmt: skip


def _change(room: Room, operation: str, provider: str, name: str, reference: str, **fields: object) -> SecretChange:
    return SecretChange.model_validate(
        {
            "operation": operation, "provider": provider, "name": name, "ref": reference, "actor": room.actor,
            "environment": room.environment, "at": room.clock.now(), "done": True, **fields,
        }
    )  # fmt: skip


def _put(room: Room, reference: str, secret: Secret, expected: str | None) -> str:
    ref = parse_ref(reference)
    return room.resolver.backend(ref.scheme).put(ref, secret, expected=expected, by=room.actor)


def pinned(room: Room, provider: str) -> int:
    """How many tenants of the environment's last good release have the provider; 0 where there is no release yet."""
    tip = room.trusted_view()
    if tip is None or room.environment is None:
        return 0
    from pxctl.app.flows.live import pinned_in
    from pxctl.release.audit import last_good

    view = last_good(tip, room.environment)
    return pinned_in(view, f"providers/{provider}") if view is not None else 0


def _missing(room: Room, provider: str, absent: bool) -> None:
    from pxctl.signals.store import SignalStore

    with suppress(PxctlError), SignalStore(room.journal.path.with_name("signals.db")) as store:
        known = set(store.fact("missing_credentials") or ())
        store.put_fact(
            "missing_credentials", sorted(known | {provider} if absent else known - {provider}), room.clock.now()
        )


def _status(room: Room, provider: Provider, name: str) -> SecretStatus:
    fields = {"provider": provider.id, "name": name, "secret_policy": provider.secret_policy}
    if provider.secret_policy == "none":
        return SecretStatus.model_validate({**fields, "state": "not_needed"})
    reference = None
    try:
        if name not in provider.credential_refs():
            return SecretStatus.model_validate({**fields, "state": "missing", "secret_present": False})
        reference = room.reference(provider, name)
        found = room.resolver.describe(reference)
    except PxctlError as error:
        return SecretStatus.model_validate(
            {**fields, "ref": reference, "state": "unknown", "error": error.message, "hint": error.hint}
        )
    return SecretStatus.model_validate({**fields, "ref": reference, **_judged(room, provider, name, found)})


def _judged(room: Room, provider: Provider, name: str, found: Metadata) -> dict[str, object]:
    now, due, age = room.clock.now(), None, None
    state: SecretState = "ok" if found.present else "missing"
    if found.present and found.rotated_at:
        age = max(0.0, round((now - found.rotated_at).total_seconds() / 86_400, 2))
        if provider.rotation is not None:
            due = found.rotated_at + timedelta(milliseconds=duration_ms(provider.rotation.every))
            warn = due - timedelta(milliseconds=duration_ms(provider.rotation.warn_before))
            state = "overdue" if now >= due else "due" if now >= warn else "ok"
    return {
        "state": state, "secret_present": found.present, "version": found.version, "age_days": age, "due_at": due,
        "live_version": room.live_versions(provider.id).get(name), "secret_last_rotated_at": found.rotated_at,
        "secret_touched_by": found.touched_by, "secret_touched_at": found.rotated_at,
    }  # fmt: skip


def _endpoints(room: Room, provider: Provider) -> list[CheckLine]:
    if provider.secret_policy == "none":
        return [CheckLine(what=provider.id, ok=True, detail="no secret required")]
    if not provider.credential_refs():
        needed = provider.secret_policy == "required"
        return [CheckLine(what=provider.id, ok=not needed, detail="no `credential_ref`", hint="add one to its file")]
    lines = []
    for name in sorted(provider.credential_refs()):
        for endpoint in provider.endpoints:

            def resolve(name: str = name, url: str = endpoint.url) -> str:
                reference = room.reference(provider, name)
                version = room.resolver.resolve_for(reference, url).version
                kept = "" if parse_ref(reference).scheme in NEEDS_GRANT else f", version {version or 'unknown'}"
                return f"readable and granted{kept}"

            lines.append(_tried(f"{provider.id} {name} -> {endpoint.region}", resolve))
    return lines


def _tried(what: str, step: object) -> CheckLine:
    try:
        return CheckLine(what=what, ok=True, detail=str(step()))  # type: ignore[operator]  # a function without arguments
    except PxctlError as error:
        return CheckLine(what=what, ok=False, detail=error.message, hint=error.hint)
