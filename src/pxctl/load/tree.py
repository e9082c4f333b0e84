"""Where files come from: a work tree, any commit, or a dictionary.

A tree lists the files that pxctl reads (and those that look as if it should), sorted, and reads one at a time. `read`
raises UnreadableError, which names the place and the way out; it never blocks on a FIFO or reads more than the bound.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from pxctl.core.errors import ConfigError, UsageError
from pxctl.core.span import Span
from pxctl.load.bounds import MAX_BYTES
from pxctl.load.kinds import FOLDERS, kind_of, misplaced


class UnreadableError(ConfigError):
    """A file that cannot be read, or must not be; `code` is the finding's."""

    def __init__(self, path: str, message: str, hint: str | None = None, code: str = "PX0008") -> None:
        super().__init__(message, span=Span(path), hint=hint)
        self.code = code


def too_large(path: str, size: int) -> UnreadableError:
    """The refusal of a file above the bound."""
    return UnreadableError(
        path, f"the file has {size:,} bytes; at most {MAX_BYTES:,} are read", "split it into several files", "PX0006"
    )


class Tree(Protocol):
    """A set of files by path, relative to the repository root, with `/` as separator."""

    source: str | None

    def paths(self) -> list[str]:
        """Every file of the configuration, sorted."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of one file. Raises UnreadableError."""
        ...


class DictTree:
    """Files held in memory, for tests, dry runs and editors."""

    def __init__(self, files: Mapping[str, str | bytes], source: str | None = None) -> None:
        self._files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.source = source

    def paths(self) -> list[str]:
        """Every file, sorted."""
        return sorted(self._files)

    def read(self, path: str) -> bytes:
        """The bytes of one file. Raises UnreadableError."""
        if path not in self._files:
            raise UnreadableError(path, "there is no such file")
        data = self._files[path]
        if len(data) > MAX_BYTES:
            raise too_large(path, len(data))
        return data


class WorkTree:
    """The files of a directory as they are now, committed or not."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self.source: str | None = None
        self._real = os.path.realpath(self.root)
        self._refused: dict[str, UnreadableError] = {}
        self._inside: dict[str, bool] = {}
        if not self.root.is_dir():
            raise UsageError(f"`{root}` is not a directory", hint="name the repository with --repo DIR")

    def paths(self) -> list[str]:
        """Every file of the configuration, sorted; links are listed and judged when they are read."""
        found = [name for name in _names(self.root) if _wanted(name)]
        for folder in FOLDERS:
            found += self._under(folder, 3)
        return sorted(found)

    def _under(self, folder: str, depth: int) -> Iterator[str]:
        try:
            with os.scandir(self.root / folder) as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}"
                    if _wanted(path) and not entry.is_dir(follow_symlinks=False):
                        yield path
                    elif depth > 1 and entry.is_dir(follow_symlinks=False):
                        yield from self._under(path, depth - 1)
        except FileNotFoundError:
            return
        except OSError as error:
            self._refused[folder] = UnreadableError(
                folder, f"the folder cannot be listed: {_reason(error)}", "make it a readable directory"
            )
            yield folder

    def read(self, path: str) -> bytes:
        """The bytes of one file, read once while it did not change. Raises UnreadableError."""
        if path in self._refused:
            raise self._refused[path]
        folder = path.rpartition("/")[0]
        if folder not in self._inside:
            real = os.path.realpath(f"{self._real}/{folder}")
            self._inside[folder] = real == self._real or real.startswith(self._real + os.sep)
        if not self._inside[folder]:
            raise UnreadableError(path, "its folder is a link that leaves the repository", "make it a plain directory")
        for _attempt in range(3):
            data = self._read_once(path)
            if data is not None:
                return data
        raise UnreadableError(path, "the file keeps changing while it is read", "try again when the writer is done")

    def _read_once(self, path: str) -> bytes | None:
        full = f"{self._real}/{path}"
        try:
            handle = os.open(full, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise UnreadableError(path, f"the file cannot be read: {_reason(error)}", "check permissions") from None
            handle = self._open_link(path, full)
        except ValueError:
            raise UnreadableError(path, "the file name holds a NUL character") from None
        try:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode):
                raise UnreadableError(path, "this is not a regular file", "replace it with a plain file")
            if before.st_size > MAX_BYTES:
                raise too_large(path, before.st_size)
            data = _read_all(handle, path)
            after = os.fstat(handle)
        except OSError as error:
            raise UnreadableError(path, f"the file cannot be read: {_reason(error)}") from None
        finally:
            os.close(handle)
        same = (
            (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size) == (after.st_mtime_ns, len(data))
        )
        return data if same else None

    def _open_link(self, path: str, full: str) -> int:
        target = os.path.realpath(full)
        if Path(target).is_symlink():
            raise UnreadableError(path, "the link points to itself", "replace it with a plain file")
        if not target.startswith(self._real + os.sep):
            raise UnreadableError(path, "the link leaves the repository", "copy the file into the repository")
        try:
            return os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW)
        except OSError as error:
            raise UnreadableError(path, f"the link leads nowhere: {_reason(error)}", "mend or remove it") from None


class CommitTree:
    """The files of a commit, read from git's object store; the work tree does not matter."""

    def __init__(self, root: Path | str, rev: str = "HEAD") -> None:
        from pxctl.load.git import resolve_commit, run_git

        self.root = Path(root)
        commit = resolve_commit(root, rev)
        self.source: str | None = commit
        self._blobs: dict[str, tuple[str, str, int]] = {}
        self._cache: dict[str, bytes] = {}
        for line in run_git(["ls-tree", "-r", "-z", "--long", "--full-tree", commit], root).split(b"\0"):
            if line:
                meta, _, name = line.partition(b"\t")
                mode, _kind, oid, size = meta.decode().split()
                path = name.decode("utf-8", "surrogateescape")
                if _wanted(path):
                    self._blobs[path] = (mode, oid, int(size) if size != "-" else 0)

    def paths(self) -> list[str]:
        """Every file of the configuration, sorted."""
        return sorted(self._blobs)

    def blob(self, path: str) -> str:
        """Git's id of the blob at `path`. Raises UnreadableError."""
        self._entry(path)
        return self._blobs[path][1]

    def read(self, path: str) -> bytes:
        """The bytes of one file. Raises UnreadableError."""
        mode, oid, size = self._entry(path)
        if not mode.startswith("100"):
            raise UnreadableError(path, "this is a link or a submodule in git", "commit a plain file")
        if size > MAX_BYTES:
            raise too_large(path, size)
        if not self._cache:
            self._fetch()
        return self._cache[oid]

    def _entry(self, path: str) -> tuple[str, str, int]:
        try:
            return self._blobs[path]
        except KeyError:
            raise UnreadableError(path, "there is no such file in this commit") from None

    def _fetch(self) -> None:
        from pxctl.load.git import read_blobs

        wanted = {oid for mode, oid, size in self._blobs.values() if mode.startswith("100") and size <= MAX_BYTES}
        self._cache = read_blobs(self.root, wanted)


def _wanted(path: str) -> bool:
    return kind_of(path) is not None or misplaced(path)


def _names(root: Path) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
    except OSError as error:
        raise UsageError(f"`{root}` cannot be listed: {_reason(error)}", hint="check permissions") from None


def _read_all(handle: int, path: str) -> bytes:
    parts: list[bytes] = []
    total = 0
    while chunk := os.read(handle, MAX_BYTES + 1):
        parts.append(chunk)
        total += len(chunk)
        if total > MAX_BYTES:
            raise too_large(path, total)
    return b"".join(parts)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
