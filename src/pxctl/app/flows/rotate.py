"""Rotate a credential: write the new version, validate the provider with it, and only then make it live.

If the provider does not pass with the new value, the old one is put back and stays live. Where the store keeps no
versions, the value is tried before it is written.
"""

from __future__ import annotations

from collections.abc import Callable

from pxctl.app.flows.credentials import Keys
from pxctl.app.flows.secret import finished, permitted, set_secret
from pxctl.app.flows.secret_room import Room
from pxctl.app.flows.validate import job_of, run
from pxctl.core.errors import PxctlError
from pxctl.core.secret import Secret
from pxctl.model.evidence import ValidationReport
from pxctl.model.provider import Endpoint, Provider
from pxctl.model.secret import SecretChange
from pxctl.probe.run import Credentials, Event
from pxctl.probe.settings import Settings
from pxctl.secrets.base import SecretError, parse_ref
from pxctl.signals.store import SignalStore


def rotate(
    room: Room, provider_id: str, name: str, secret: Secret, expected: str | None, settings: Settings,
    on_event: Callable[[Event], None] = lambda _: None,
) -> SecretChange:  # fmt: skip
    """Rotate; `done` is false where the new value did not pass and the old one was put back."""
    provider = room.provider(provider_id)
    reference = room.reference(provider, name)
    permitted(room, provider_id, name)
    ref = parse_ref(reference)
    backend = room.resolver.backend(ref.scheme)
    if not backend.versioned:
        report = _validated(room, provider, settings, on_event, name, secret, None)
        if not report.passed:
            return _kept(room, provider_id, name, reference, expected, report, "nothing was written")
        return set_secret(room, provider_id, name, secret, expected, operation="rotate").model_copy(
            update={"validation": report}
        )
    old = _old(room, reference)
    try:
        version = backend.put(ref, secret, expected=expected, by=room.actor)
    except PxctlError as error:
        room.note("secret.rotate_failed", provider_id=provider_id, credential=name, reason=error.message)
        raise
    room.resolver.drop(reference)
    try:
        report = _validated(room, provider, settings, on_event, name, secret, version)
    except BaseException:
        _put_back(room, reference, old, version)
        room.note("secret.rotate_failed", provider_id=provider_id, credential=name, reason="validation did not end")
        raise
    if not report.passed:
        note = _put_back(room, reference, old, version)
        return _kept(room, provider_id, name, reference, expected, report, note)
    change = finished(room, "rotate", provider_id, name, reference, version=version, previous=expected)
    return change.model_copy(update={"validation": report})


def _kept(
    room: Room, provider: str, name: str, reference: str, expected: str | None, report: ValidationReport, note: str
) -> SecretChange:
    change = finished(
        room, "rotate", provider, name, reference, version=None, previous=expected, done=False,
        notes=("the provider does not pass with the new value", note),
    )  # fmt: skip
    return change.model_copy(update={"validation": report})


def _old(room: Room, reference: str) -> Secret | None:
    ref = parse_ref(reference)
    try:
        return room.resolver.backend(ref.scheme).get(ref).secret
    except SecretError as error:
        if error.fault != "missing":
            raise
        return None


def _put_back(room: Room, reference: str, old: Secret | None, version: str) -> str:
    ref = parse_ref(reference)
    backend = room.resolver.backend(ref.scheme)
    room.resolver.drop(reference)
    if old is None:
        backend.clear(ref, by=room.actor)
        return "the new value was removed; there was none before"
    back = backend.put(ref, old, expected=version, by=room.actor)
    return f"the old value is back, as version {back}"


def _validated(
    room: Room, provider: Provider, settings: Settings, on_event: Callable[[Event], None], name: str, secret: Secret,
    version: str | None,
) -> ValidationReport:  # fmt: skip
    keys = Keys(room.resolver, room.values)
    grants = room.base.grants(room.values)
    reference = parse_ref(room.reference(provider, name))

    def source(_: Provider, endpoint: Endpoint) -> Credentials:
        grants.check(reference, endpoint.url)
        others = provider.model_copy(
            update={
                "credential_ref": None,
                "credentials": {n: r for n, r in provider.credential_refs().items() if n != name},
            }
        )
        given = keys(others, endpoint) if others.credentials else Credentials()
        return Credentials({**given.secrets, name: secret}, version if name == "api_key" else given.version)

    report, samples = run([job_of(room.loaded, provider)], source, settings, room.environment, on_event, room.clock)
    report = report.model_copy(update={"base": room.base.commit})
    with SignalStore(room.journal.path.with_name("signals.db")) as store:
        store.record(samples=samples, evidence=report.evidence, now=room.clock.now())
    return report
