"""What a secret backend is, and how its failures read.

A backend serves one scheme of `credential_ref`. Its contract, which one test class holds every backend to:

- `get` answers the value with the version that it is, or raises a `SecretError`. It never falls back to another source.
- `describe` answers from metadata alone and never fetches the value where the store can tell without it.
- `put` writes a new version only if the present version is `expected` (check-and-set); else `conflict`.
- `clear` removes the value; where `can_undo`, `restore` brings the version back.
- A backend that cannot write says so in `writable`, and raises `SecretError("unsupported")` when asked.
- Every wait for the store is bounded by its time limit. Errors never hold the value.
- A store without versions calls what is there `present`; `put` compares that, which is the most that it can do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from pxctl.core.errors import StoreError, UsageError
from pxctl.core.secret import Secret

Fault = Literal[
    "down", "sealed", "slow", "forbidden", "missing", "conflict", "invalid", "unsupported", "not_granted", "tls"
]

PRESENT = "present"
"""The version of what lies in a store that keeps no versions."""

HINTS: Mapping[str, str] = {
    "down": "check that the store runs and that its address in pxctl.yaml is right",
    "sealed": "unseal the store, or wait for whoever does, then try again",
    "slow": "try again, or raise `timeout_ms` of the store in pxctl.yaml",
    "forbidden": "log in again, or ask for a policy that lets this identity read that path",
    "missing": "store it with `pxctl secret set PROVIDER`",
    "conflict": "somebody else changed it just now: look at `pxctl secret status`, then try again",
    "invalid": "see docs/secrets.md for how references are written",
    "unsupported": "change the value where it is kept; this kind of reference is read-only here",
    "not_granted": "add the pair to `credential_grants` in pxctl.yaml and have that merged first",
    "tls": "name the store's CA in `ca_bundle` of the store in pxctl.yaml",
}
RETRYABLE = frozenset({"down", "slow"})
"""Faults that may pass by themselves within seconds."""


class SecretError(StoreError):
    """A failure of a secret store, with its class; `hint` says what to do."""

    def __init__(self, fault: Fault, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint or HINTS[fault])
        self.fault: Fault = fault

    @property
    def retryable(self) -> bool:
        """Whether asking again shortly can help."""
        return self.fault in RETRYABLE


class SecretRef(NamedTuple):
    """`scheme://path#key?version=N`, taken apart. `text` is how it was written, which is safe to show."""

    scheme: str
    path: str
    key: str
    version: str | None
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def unversioned(self) -> str:
        """The reference without its version: what grants and caches go by."""
        return f"{self.scheme}://{self.path}" + (f"#{self.key}" if self.key else "")


@dataclass(frozen=True)
class Resolved:
    """A secret, and which version of it this is (None where the store keeps no versions)."""

    secret: Secret
    version: str | None = None


@dataclass(frozen=True)
class Metadata:
    """What a store knows about a secret without showing it."""

    present: bool
    version: str | None = None
    rotated_at: datetime | None = None
    touched_by: str | None = None
    versions: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


class Backend(Protocol):
    """One secret store behind one scheme; see the module's text for the contract."""

    scheme: str
    writable: bool
    versioned: bool
    can_undo: bool

    def get(self, ref: SecretRef) -> Resolved:
        """The value of `ref`."""
        ...

    def describe(self, ref: SecretRef) -> Metadata:
        """Whether it is there, since when and by whom, without its value."""
        ...

    def put(self, ref: SecretRef, secret: Secret, *, expected: str | None, by: str) -> str:
        """Write a new version if the present one is `expected` (None: there is none); return the new version."""
        ...

    def clear(self, ref: SecretRef, *, by: str) -> str | None:
        """Remove the present value; return its version, which `restore` takes where `can_undo`."""
        ...

    def restore(self, ref: SecretRef, version: str, *, by: str) -> None:
        """Bring a cleared version back."""
        ...

    def check(self) -> str:
        """Reach the store and log in without touching a secret; one line about it. Raises SecretError."""
        ...


_REF = re.compile(r"([a-z][a-z0-9+-]*)://([^#?\s]+)(?:#([^#?\s]+))?(?:\?version=([A-Za-z0-9-]+))?")
_FILL = re.compile(r"\{([a-z_]*)\}")
_SAFE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def parse_ref(text: str) -> SecretRef:
    """Take a reference apart. Raises SecretError for what is not one, among it `..` in a path."""
    found = _REF.fullmatch(text)
    if found is None:
        raise SecretError(
            "invalid", f"`{_shown(text)}` is not a secret reference such as vault://secret/llm/openai#api_key"
        )
    scheme, path, key, version = found.groups()
    parts = path.split("/")
    if ".." in parts or "." in parts or "" in parts[1:] or "%" in path or "\\" in path:
        raise SecretError("invalid", f"`{text}` holds `.`, `..`, `%`, `\\` or an empty part in its path")
    return SecretRef(scheme, path, key or "", version, text)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put `{environment}` and `{tenant}` into a reference. Raises SecretError where one is unknown or unsafe."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in values:
            known = name in ("environment", "tenant")
            option = "env" if name == "environment" else name
            way = f"say which one with --{option}" if known else "`{environment}` and `{tenant}` are the known names"
            raise UsageError(f"`{_shown(text)}` needs a value for `{{{name}}}`", hint=way)
        if not _SAFE.fullmatch(values[name]) or ".." in values[name]:
            raise SecretError("invalid", f"`{values[name]}` cannot stand in a secret reference")
        return values[name]

    return _FILL.sub(value, text)


def _shown(text: str) -> str:
    """A malformed reference might be a pasted key: only a well-formed scheme is repeated."""
    scheme, mark, _ = text.partition("://")
    return f"{scheme}://…" if mark and re.fullmatch(r"[a-z][a-z0-9+-]{0,20}", scheme) else "…"
