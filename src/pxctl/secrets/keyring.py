"""`keyring://service/name`: the operating system's keyring, through the keyring library (extra `keyring`).

For people's own machines. No versions, no metadata: whether a secret is there can only be told by reading it.
"""

from __future__ import annotations

from typing import Any

from pxctl.core.secret import Secret
from pxctl.model.project import SecretStore
from pxctl.secrets.base import PRESENT, Metadata, Resolved, SecretError, SecretRef


class KeyringBackend:
    """Reads and writes the keyring of this user."""

    scheme = "keyring"
    writable = True
    versioned = can_undo = False

    def get(self, ref: SecretRef) -> Resolved:
        """The password of that service and name."""
        value = _call("get_password", *_split(ref))
        if not value:
            raise SecretError("missing", f"`{ref}`: the keyring has no such secret")
        return Resolved(Secret(value))

    def describe(self, ref: SecretRef) -> Metadata:
        """Whether it is there; the value is read and thrown away, since a keyring has no metadata."""
        present = bool(_call("get_password", *_split(ref)))
        return Metadata(present=present, version=PRESENT if present else None)

    def put(self, ref: SecretRef, secret: Secret, *, expected: str | None, by: str) -> str:  # noqa: ARG002 - no metadata
        """Write it, if what is there is what was expected."""
        current = self.describe(ref).version
        if current != expected:
            raise SecretError("conflict", f"`{ref}` is {'there already' if current else 'not there any more'}")
        _call("set_password", *_split(ref), secret.reveal())
        return PRESENT

    def clear(self, ref: SecretRef, *, by: str) -> str | None:  # noqa: ARG002
        """Remove it for good."""
        self.get(ref)
        _call("delete_password", *_split(ref))
        return None

    def restore(self, ref: SecretRef, version: str, *, by: str) -> None:  # noqa: ARG002
        """Refused: nothing is kept."""
        raise SecretError("unsupported", f"`{ref}`: a keyring keeps no versions")

    def check(self) -> str:
        """Which keyring this is."""
        return f"keyring {_call('get_keyring').name}"


def _split(ref: SecretRef) -> tuple[str, str]:
    service, _, name = ref.path.partition("/")
    if not name or ref.key or ref.version:
        raise SecretError("invalid", f"`{ref}` is not keyring://service/name")
    return service, name


def _call(function: str, *args: str) -> Any:
    try:
        import keyring
        import keyring.errors
    except ModuleNotFoundError:
        raise SecretError(
            "unsupported", "keyring:// needs the keyring library", hint="pip install 'pxctl[keyring]'"
        ) from None
    try:
        return getattr(keyring, function)(*args)
    except keyring.errors.NoKeyringError:
        raise SecretError("down", "this machine has no keyring", hint="use another kind of reference here") from None
    except keyring.errors.KeyringLocked:
        raise SecretError("sealed", "the keyring is locked", hint="unlock it, then try again") from None
    except keyring.errors.KeyringError as error:
        raise SecretError("down", f"the keyring refused: {type(error).__name__}") from None


def open_backend(settings: SecretStore) -> KeyringBackend:  # noqa: ARG001 - the registry's signature
    """The one keyring of this user."""
    return KeyringBackend()
