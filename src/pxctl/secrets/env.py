"""`env://NAME`: a variable of this process's environment. Read-only, no versions; needs an explicit grant."""

from __future__ import annotations

import os
import re

from pxctl.core.secret import Secret
from pxctl.model.project import SecretStore
from pxctl.secrets.base import Metadata, Resolved, SecretError, SecretRef


class EnvBackend:
    """Reads environment variables."""

    scheme = "env"
    writable = versioned = can_undo = False

    def get(self, ref: SecretRef) -> Resolved:
        """The variable's value; an empty one counts as missing."""
        value = os.environ.get(_name(ref), "").strip()
        if not value:
            raise SecretError("missing", f"environment variable `{ref.path}` is not set", hint=f"set `{ref.path}`")
        return Resolved(Secret(value))

    def describe(self, ref: SecretRef) -> Metadata:
        """Whether the variable is set."""
        return Metadata(present=bool(os.environ.get(_name(ref), "").strip()))

    def put(self, ref: SecretRef, secret: Secret, *, expected: str | None, by: str) -> str:  # noqa: ARG002 - the contract's words
        """Refused: a process cannot set its parent's environment."""
        raise SecretError("unsupported", f"`{ref}` cannot be written from here")

    def clear(self, ref: SecretRef, *, by: str) -> str | None:  # noqa: ARG002
        """Refused, as `put`."""
        raise SecretError("unsupported", f"`{ref}` cannot be cleared from here")

    def restore(self, ref: SecretRef, version: str, *, by: str) -> None:  # noqa: ARG002
        """Refused, as `put`."""
        raise SecretError("unsupported", f"`{ref}` keeps no versions")

    def check(self) -> str:
        """Always reachable."""
        return "the environment of this process"


def _name(ref: SecretRef) -> str:
    if ref.key or ref.version or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", ref.path):
        raise SecretError("invalid", f"`{ref}` is not env://NAME")
    return ref.path


def open_backend(settings: SecretStore) -> EnvBackend:  # noqa: ARG001 - the registry's signature
    """The one environment."""
    return EnvBackend()
