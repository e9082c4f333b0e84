"""`file:///absolute/path[#key]`: a file that only its owner may read. With a key, the file is a JSON object.

Read-only, no versions; needs an explicit grant. A file that others can read, that belongs to another user (root
apart), that is not a regular file, or that is larger than 64 KiB is refused.
"""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

from pxctl.core.secret import Secret
from pxctl.model.project import SecretStore
from pxctl.secrets.base import Metadata, Resolved, SecretError, SecretRef

LIMIT = 64 * 1024


class FileBackend:
    """Reads secrets from files, such as those that an orchestrator mounts."""

    scheme = "file"
    writable = versioned = can_undo = False

    def get(self, ref: SecretRef) -> Resolved:
        """The file's text without its last line break, or one key of its JSON object."""
        data, _ = _read(ref)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise SecretError("invalid", f"`{ref}` is not UTF-8 text") from None
        value = _pick(ref, text) if ref.key else text.strip("\r\n")
        if not value:
            raise SecretError("missing", f"`{ref}` is empty")
        return Resolved(Secret(value))

    def describe(self, ref: SecretRef) -> Metadata:
        """Present and when it was last written; the file is not read."""
        try:
            found = Path(_path(ref)).stat()
        except FileNotFoundError:
            return Metadata(present=False)
        except OSError as error:
            raise _fault(ref, error) from None
        return Metadata(present=found.st_size > 0, rotated_at=datetime.fromtimestamp(found.st_mtime, UTC))

    def put(self, ref: SecretRef, secret: Secret, *, expected: str | None, by: str) -> str:  # noqa: ARG002 - the contract's words
        """Refused: whoever mounts the file writes it."""
        raise SecretError("unsupported", f"`{ref}` is not written by pxctl")

    def clear(self, ref: SecretRef, *, by: str) -> str | None:  # noqa: ARG002
        """Refused, as `put`."""
        raise SecretError("unsupported", f"`{ref}` is not cleared by pxctl")

    def restore(self, ref: SecretRef, version: str, *, by: str) -> None:  # noqa: ARG002
        """Refused, as `put`."""
        raise SecretError("unsupported", f"`{ref}` keeps no versions")

    def check(self) -> str:
        """Always reachable."""
        return "files of this machine"


def _path(ref: SecretRef) -> str:
    if not ref.path.startswith("/") or ref.version:
        raise SecretError("invalid", f"`{ref}` is not file:///absolute/path or file:///absolute/path#key")
    return ref.path


def _read(ref: SecretRef) -> tuple[bytes, os.stat_result]:
    try:
        handle = os.open(_path(ref), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise _fault(ref, error) from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise SecretError("invalid", f"`{ref}` is not a regular file")
        if found.st_uid not in (os.getuid(), 0):
            raise SecretError("forbidden", f"`{ref}` belongs to another user", hint="own the file that holds a secret")
        if found.st_mode & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            raise SecretError(
                "forbidden", f"`{ref}` can be read by others (mode {mode:04o})", hint=f"chmod 600 {ref.path}"
            )
        if found.st_size > LIMIT:
            raise SecretError("invalid", f"`{ref}` is larger than 64 KiB")
        return os.read(handle, LIMIT + 1), found
    finally:
        os.close(handle)


def _pick(ref: SecretRef, text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise SecretError("invalid", f"`{ref}` names a key, but the file is not a JSON object") from None
    if not isinstance(value, dict) or not isinstance(value.get(ref.key), str):
        raise SecretError("missing", f"`{ref}`: the file has no text under that key")
    return str(value[ref.key])


def _fault(ref: SecretRef, error: OSError) -> SecretError:
    if isinstance(error, FileNotFoundError):
        return SecretError("missing", f"`{ref}`: no such file", hint=f"create {ref.path} with mode 600")
    if isinstance(error, PermissionError):
        return SecretError("forbidden", f"`{ref}` cannot be read by this user", hint="run as the file's owner")
    return SecretError("invalid", f"`{ref}`: {error.strerror}")


def open_backend(settings: SecretStore) -> FileBackend:  # noqa: ARG001 - the registry's signature
    """The one file system."""
    return FileBackend()
