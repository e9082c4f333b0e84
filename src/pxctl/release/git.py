"""Driving git for release: one environment, our settings, never the user's index, hooks or signing.

Every call gets a cleaned environment (load's rules) and settings by `-c`, so that what stands in the user's git
configuration (`core.autocrlf`, `commit.gpgsign`, hooks, submodule recursion) changes nothing that is written here.
"""

from __future__ import annotations

import subprocess
import weakref
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType

from pxctl.core.errors import GitError, NetworkError
from pxctl.load.git import clean_environment

SETTINGS = (
    "core.quotePath=false",
    "core.hooksPath=/dev/null",
    "core.fsync=committed,loose-object,pack,pack-metadata,reference",
    "core.fsyncMethod=batch",
    "core.autocrlf=false",
    "core.logAllRefUpdates=false",
    "advice.graftFileDeprecated=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "push.followTags=false",
    "push.recurseSubmodules=no",
    "fetch.recurseSubmodules=false",
    "fetch.prune=false",
    "fetch.writeCommitGraph=false",
    "submodule.recurse=false",
    "transfer.unpackLimit=1",
)
"""Settings of every git call that release makes."""

_NETWORK = ("could not resolve", "connection", "unable to access", "timed out", "could not read from remote",
            "hung up", "early eof", "does not appear to be a git repository", "no space left", "unexpected disconnect",
            "broken pipe", "remote end", "index-pack")  # fmt: skip


@dataclass(frozen=True)
class Done:
    """What a git process left: exit code, output, and what it said."""

    code: int
    out: bytes
    err: str

    def said(self) -> str:
        """The first line that git marks as an error, without user information in URLs."""
        import re

        lines = [line.strip() for line in re.sub(r"(?<=://)[^/@\s]+@", "", self.err).splitlines() if line.strip()]
        marked = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "!"))]
        return re.sub(r"^(fatal|error): ", "", (marked or lines or [f"exit {self.code}"])[0])


@dataclass
class Git:
    """Git in one repository. `root` is any directory inside it; objects are read through one long-lived process."""

    root: Path
    _reader: Reader | None = field(default=None, repr=False)

    def try_run(
        self, *args: str, input: bytes | None = None, timeout: float | None = None, keep: Sequence[int] = ()
    ) -> Done:
        """Run git and return what it left, whatever the exit code. Raises GitError when git cannot be run.

        `keep`: open files that this git keeps open too (locks.py).
        """
        command = ["git"]
        for setting in SETTINGS:
            command += ["-c", setting]
        env = {**clean_environment(), "GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": "/dev/null"}
        try:
            done = subprocess.run(
                [*command, *args],
                cwd=self.root,
                input=input,
                capture_output=True,
                env=env,
                timeout=timeout,
                check=False,
                pass_fds=keep,
            )
        except FileNotFoundError:
            if not self.root.is_dir():
                raise GitError(
                    f"`{self.root}` is not a directory", hint="name the repository with --repo DIR"
                ) from None
            raise GitError("git is not installed", hint="install git 2.36 or newer and put it on PATH") from None
        except subprocess.TimeoutExpired:
            raise NetworkError(f"git {args[0]} took longer than {timeout:g} s", hint="is the remote up?") from None
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    def run(self, *args: str, input: bytes | None = None) -> bytes:
        """Run git and return its standard output. Raises GitError with git's own first words."""
        done = self.try_run(*args, input=input)
        if done.code:
            if "not a git repository" in done.err:
                raise GitError(f"`{self.root}` is not in a git repository", hint="run `git init`, or use --repo DIR")
            raise GitError(f"git {args[0]}: {done.said()}")
        return done.out

    def text(self, *args: str) -> str:
        """Like `run`, as stripped text."""
        return self.run(*args).decode("utf-8", "surrogateescape").strip()

    @cached_property
    def directory(self) -> Path:
        """The repository's common git directory (shared by all work trees). Raises GitError."""
        lines = self.text("rev-parse", "--git-common-dir", "--show-object-format").splitlines()
        if lines[1] != "sha1":
            raise GitError(
                f"the repository uses {lines[1]} object ids, which pxctl does not write",
                hint="put the environment branches into a SHA-1 repository of their own with `state.remote`",
            )
        return (self.root / lines[0]).resolve()

    def resolve(self, name: str) -> str | None:
        """The commit that a full reference name or id points to, or None. Raises GitError for a broken repository."""
        done = self.try_run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if done.code > 1 and "not a git repository" in done.err:
            raise GitError(f"`{self.root}` is not in a git repository", hint="run `git init`, or use --repo DIR")
        return done.out.decode().strip() or None if done.code == 0 else None

    def config(self, *names: str) -> dict[str, str]:
        """The values of some settings, by name in lower case; absent ones are left out."""
        done = self.try_run(
            "config", "--null", "--get-regexp", "^(" + "|".join(n.replace(".", r"\.") for n in names) + ")$"
        )
        pairs = (item.partition("\n") for item in done.out.decode("utf-8", "replace").split("\0") if item)
        return {key.lower(): value for key, _, value in pairs}

    @property
    def reader(self) -> Reader:
        """The long-lived object reader."""
        if self._reader is None:
            self._reader = Reader(self.root)
        return self._reader

    def close(self) -> None:
        """End the object reader."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def __enter__(self) -> Git:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def is_network(done: Done) -> bool:
    """Whether what git said means that the other side could not be reached, or the connection broke."""
    return any(word in done.err.lower() for word in _NETWORK)


class Reader:
    """Objects by id through one `git cat-file --batch`."""

    def __init__(self, root: Path) -> None:
        process = subprocess.Popen(
            ["git", "cat-file", "--batch"], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={**clean_environment(), "GIT_NO_REPLACE_OBJECTS": "1"},
        )  # fmt: skip
        if process.stdin is None or process.stdout is None:
            raise GitError("git cat-file cannot be talked to")
        self._in, self._out = process.stdin, process.stdout
        self._end = weakref.finalize(self, _end, process)

    def many(self, names: Iterable[str]) -> list[tuple[str, str, bytes] | None]:
        """For each name: (id, kind, data), or None where there is no such object. Questions are sent 64 at a time."""
        names, answers = list(names), list[tuple[str, str, bytes] | None]()
        for at in range(0, len(names), 64):
            block = names[at : at + 64]
            try:
                self._in.write("".join(name + "\n" for name in block).encode())
                self._in.flush()
            except BrokenPipeError:
                raise GitError("git cat-file ended early", hint="run `git fsck`") from None
            answers += [self._answer() for _ in block]
        return answers

    def _answer(self) -> tuple[str, str, bytes] | None:
        head = self._out.readline().decode().split()
        if not head:
            raise GitError("git cat-file ended early", hint="run `git fsck`")
        if head[-1] in ("missing", "ambiguous"):
            return None
        size = int(head[2])
        data = self._out.read(size + 1)
        if len(data) != size + 1:
            raise GitError("git cat-file ended early", hint="run `git fsck`")
        return head[0], head[1], data[:size]

    def one(self, name: str) -> tuple[str, str, bytes] | None:
        """(id, kind, data) of one object, or None."""
        return self.many([name])[0]

    def close(self) -> None:
        """End the process (which also happens when nobody holds the reader any more)."""
        self._end()


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()
