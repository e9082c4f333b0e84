"""`vault://mount/path#key[?version=N]`: the KV engine (version 1 or 2) of HashiCorp Vault or OpenBao, through hvac.

The mount is the first part of the path, or the store's `mount` where that has several parts. Settings come from
`secret_stores.vault` in pxctl.yaml; what is absent there from VAULT_ADDR, VAULT_NAMESPACE, VAULT_TOKEN, VAULT_CACERT.
A secret of several keys is one version in the store: pxctl changes its own key and keeps the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

from pxctl.core.secret import Secret
from pxctl.model.project import SecretStore
from pxctl.secrets.base import PRESENT, Metadata, Resolved, SecretError, SecretRef
from pxctl.secrets.vault_login import Session, explained

T = TypeVar("T")
TOUCHED_BY = "pxctl_touched_by"


class VaultBackend:
    """Reads and writes the KV engine."""

    scheme = "vault"
    writable = versioned = can_undo = True

    def __init__(self, settings: SecretStore) -> None:
        self._settings = settings
        self._session = Session(settings)
        self._kinds: dict[str, int] = {}
        self._lock = threading.Lock()

    def check(self) -> str:
        """Reach the store, log in, and say as what."""
        return self._session.describe()

    # ---- the contract

    def get(self, ref: SecretRef) -> Resolved:
        """The value under the reference's key, of the named version or the latest."""
        mount, path = self._split(ref)
        if self._kind(mount) == 1:
            if ref.version:
                raise SecretError("unsupported", f"`{ref}`: KV version 1 keeps no versions")
            data = self._data(ref, lambda kv: kv.v1.read_secret(path, mount_point=mount))
            return Resolved(_value(ref, data))
        data, version = self._read(ref, mount, path, ref.version)
        return Resolved(_value(ref, data), version)

    def describe(self, ref: SecretRef) -> Metadata:
        """From the engine's metadata. (KV version 1 has none: there the value is read and thrown away.)"""
        mount, path = self._split(ref)
        if self._kind(mount) == 1:
            try:
                self.get(ref)
            except SecretError as error:
                if error.fault != "missing":
                    raise
                return Metadata(present=False)
            return Metadata(present=True, version=PRESENT)
        try:
            found = self._data(ref, lambda kv: kv.v2.read_secret_metadata(path, mount_point=mount))
        except SecretError as error:
            if error.fault != "missing":
                raise
            return Metadata(present=False)
        current = str(found.get("current_version") or "")
        versions: Mapping[str, Any] = found.get("versions") or {}
        state = versions.get(ref.version or current) or {}
        notes = found.get("custom_metadata") or {}
        return Metadata(
            present=bool(state) and not state.get("deletion_time") and not state.get("destroyed"),
            version=ref.version or current or None,
            rotated_at=_moment(state.get("created_time")),
            touched_by=notes.get(TOUCHED_BY),
            versions=tuple(sorted(versions, key=int)),
        )

    def put(self, ref: SecretRef, secret: Secret, *, expected: str | None, by: str) -> str:
        """Write the key with check-and-set; other keys of the secret stay as they are."""
        mount, path = self._split(ref)
        key = _key(ref)
        if self._kind(mount) == 1:
            return self._put_v1(ref, mount, path, secret, expected)
        try:
            data, current = self._read(ref, mount, path, None)
        except SecretError as error:
            if error.fault != "missing":
                raise
            data, current = {}, self.describe(ref).version or ""
        if (current or None) != (expected or None):
            raise SecretError("conflict", f"`{ref}` is at version {current or 'none'}, not {expected or 'none'}")
        body = {**data, key: secret.reveal()}
        made = self._data(
            ref,
            lambda kv: kv.v2.create_or_update_secret(path, secret=body, cas=int(current or 0), mount_point=mount),
        )
        self._note(ref, mount, path, by)
        return str(made["version"])

    def clear(self, ref: SecretRef, *, by: str) -> str | None:
        """Delete the latest version (it can be restored), or write one without the key where others share it."""
        mount, path = self._split(ref)
        if self._kind(mount) == 1:
            data = self._data(ref, lambda kv: kv.v1.read_secret(path, mount_point=mount))
            _value(ref, data)
            rest = {name: value for name, value in data.items() if name != _key(ref)}
            if rest:
                self._call(ref, lambda kv: kv.v1.create_or_update_secret(path, secret=rest, mount_point=mount))
            else:
                self._call(ref, lambda kv: kv.v1.delete_secret(path, mount_point=mount))
            return None
        data, version = self._read(ref, mount, path, None)
        _value(ref, data)
        rest = {name: value for name, value in data.items() if name != _key(ref)}
        if rest:
            write = lambda kv: kv.v2.create_or_update_secret(path, secret=rest, cas=int(version), mount_point=mount)  # noqa: E731
            self._call(ref, write)
        else:
            self._call(ref, lambda kv: kv.v2.delete_latest_version_of_secret(path, mount_point=mount))
        self._note(ref, mount, path, by)
        return version

    def restore(self, ref: SecretRef, version: str, *, by: str) -> None:
        """Undelete a version, and make its value the latest again."""
        mount, path = self._split(ref)
        if self._kind(mount) == 1:
            raise SecretError("unsupported", f"`{ref}`: KV version 1 keeps no versions")
        number = [int(version)] if version.isdigit() else []
        if not number:
            raise SecretError("invalid", f"`{version}` is not a version")
        self._call(ref, lambda kv: kv.v2.undelete_secret_versions(path, versions=number, mount_point=mount))
        data, _ = self._read(ref, mount, path, version)
        value = _value(ref, data)
        now = self.describe(ref._replace(version=None))
        if now.version != version or not now.present:
            self.put(ref._replace(version=None), value, expected=now.version, by=by)
        else:
            self._note(ref, mount, path, by)

    # ---- how

    def _put_v1(self, ref: SecretRef, mount: str, path: str, secret: Secret, expected: str | None) -> str:
        data: dict[str, Any] = {}
        with suppress(SecretError):
            data = self._data(ref, lambda kv: kv.v1.read_secret(path, mount_point=mount))
        current = PRESENT if _key(ref) in data else None
        if current != expected:
            raise SecretError("conflict", f"`{ref}` is {'there already' if current else 'not there any more'}")
        body = {**data, _key(ref): secret.reveal()}
        self._call(ref, lambda kv: kv.v1.create_or_update_secret(path, secret=body, mount_point=mount))
        return PRESENT

    def _read(self, ref: SecretRef, mount: str, path: str, version: str | None) -> tuple[dict[str, Any], str]:
        number = int(version) if version and version.isdigit() else None
        if version and number is None:
            raise SecretError("invalid", f"`{ref}`: `{version}` is not a version")
        read = lambda kv: kv.v2.read_secret_version(  # noqa: E731
            path, version=number, mount_point=mount, raise_on_deleted_version=True
        )
        found = self._data(ref, read)
        with explained(str(ref)):
            return dict(found.get("data") or {}), str(found["metadata"]["version"])

    def _note(self, ref: SecretRef, mount: str, path: str, by: str) -> None:
        """Who touched it last, in the store's own metadata; a policy that does not allow that is no failure."""
        with suppress(SecretError):
            old = self._data(ref, lambda kv: kv.v2.read_secret_metadata(path, mount_point=mount))
            notes = {**(old.get("custom_metadata") or {}), TOUCHED_BY: by[:200]}
            self._call(ref, lambda kv: kv.v2.update_metadata(path, custom_metadata=notes, mount_point=mount))

    def _call(self, ref: SecretRef, use: Callable[[Any], T]) -> T:
        """Call the KV engine; where the token has expired, log in anew once: a refused call did nothing."""
        with explained(str(ref)):
            try:
                return use(self._session.client().secrets.kv)
            except Exception as error:
                if not self._session.expired(error):
                    raise
            return use(self._session.client(fresh=True).secrets.kv)

    def _data(self, ref: SecretRef, use: Callable[[Any], Any]) -> dict[str, Any]:
        """The `data` of an answer. Raises SecretError where what answers is not a Vault."""
        answer = self._call(ref, use)
        with explained(str(ref)):
            return dict(answer["data"])

    def _split(self, ref: SecretRef) -> tuple[str, str]:
        _key(ref)
        mount = self._settings.mount or ""
        if "/" in mount and ref.path.startswith(f"{mount}/"):
            return mount, ref.path[len(mount) + 1 :]
        first, _, rest = ref.path.partition("/")
        if not rest:
            raise SecretError("invalid", f"`{ref}` names no path below its mount")
        return first, rest

    def _kind(self, mount: str) -> int:
        """Whether a mount is KV version 1 or 2: the settings', else the store's own word, else 2."""
        if self._settings.kv_version is not None:
            return self._settings.kv_version
        with self._lock:
            if mount not in self._kinds:
                self._kinds[mount] = self._session.kv_version(mount)
            return self._kinds[mount]


def _key(ref: SecretRef) -> str:
    if not ref.key:
        raise SecretError("invalid", f"`{ref}` names no key", hint="write vault://mount/path#key")
    return ref.key


def _value(ref: SecretRef, data: Mapping[str, Any]) -> Secret:
    value = data.get(_key(ref))
    if not isinstance(value, str) or not value:
        raise SecretError("missing", f"`{ref}`: the secret has no text under that key")
    return Secret(value)


def _moment(text: Any) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    head, _, tail = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{head}.{tail[:6] or '0'}").replace(tzinfo=UTC)


def open_backend(settings: SecretStore) -> VaultBackend:
    """A backend with the store's settings."""
    return VaultBackend(settings)
