"""Finds the backend of a scheme: `secrets/<scheme>.py` (dashes become underscores), else an entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from pxctl.model.project import SecretStore
from pxctl.secrets.base import Backend, SecretError

GROUP = "pxctl.secret_backends"
BUILT_IN: Mapping[str, str] = {
    "env": "pxctl.secrets.env",
    "file": "pxctl.secrets.file",
    "vault": "pxctl.secrets.vault",
    "aws-secrets": "pxctl.secrets.aws_secrets",
    "keyring": "pxctl.secrets.keyring",
}
NEEDS_GRANT = frozenset({"env", "file"})
"""Schemes that reach into the machine itself: they need an explicit grant always."""


def schemes() -> tuple[str, ...]:
    """Every scheme that can be used here, built in or by plugin."""
    return (*BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - set(BUILT_IN)))


def open_backend(scheme: str, settings: SecretStore | None = None) -> Backend:
    """Make the backend of `scheme` with its settings from pxctl.yaml. Raises SecretError for an unknown scheme."""
    settings = settings or SecretStore()
    if scheme in BUILT_IN:
        make = import_module(BUILT_IN[scheme]).open_backend
    else:
        found = {point.name: point for point in entry_points(group=GROUP)}
        if scheme not in found:
            known = ", ".join(f"{name}://" for name in schemes())
            raise SecretError(
                "invalid", f"no secret backend for `{scheme}://`", hint=f"known: {known}; others by plugin"
            )
        make = found[scheme].load()
    return cast(Callable[[SecretStore], Backend], make)(settings)
