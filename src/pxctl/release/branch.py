"""An environment's branch: read its tip, and move it, here or on a remote. One reference is the commit point."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from pxctl.core.errors import GitError, NetworkError, RefusedError
from pxctl.model.project import StateLocation
from pxctl.model.release import ReleasePlan
from pxctl.release import locks
from pxctl.release.git import Done, Git, is_network
from pxctl.release.objects import NewObject, decode_commit, encode_pack
from pxctl.release.view import View

Advance = Literal["done", "lost", "unknown"]
NOTHING = "0" * 40
UNSHALLOW = "git fetch --unshallow (in CI: `fetch-depth: 0`); each release is judged by the one before it"
SMALL = 100
"""Below this many objects a release is written as loose objects, above as a pack."""


@dataclass
class Branch:
    """The branch of one environment. `remote` None: this repository's own branch is the truth."""

    git: Git
    environment: str
    name: str
    remote: str | None
    _turn: locks.Turn | None = field(default=None, repr=False)
    blocked: str = ""
    """What git said of a lock file, where that is why the branch did not move."""

    @property
    def ref(self) -> str:
        """The full name of the branch."""
        return f"refs/heads/{self.name}"

    @property
    def seen(self) -> str:
        """Where the last tip that was read from the remote is kept; it only moves forward."""
        return f"refs/pxctl/seen/{self.name}"

    # reading

    def tip(self, fetch: bool = True) -> str | None:
        """The branch's tip, or None where there is no branch. Raises NetworkError, RefusedError."""
        if self.remote is None:
            return self.git.resolve(self.ref)
        if not fetch:
            return self._with_history(self.git.resolve(self.seen))
        done = self._fetch()
        if done.code == 0:
            return self._with_history(self.git.resolve(self.seen))
        if "couldn't find remote ref" in done.err:
            if (last := self.git.resolve(self.seen)) is not None:
                raise RefusedError(
                    f"`{self.remote}` had `{self.name}` at {last[:12]}, and has no such branch now",
                    hint=f"somebody removed it; push it back with: git push {self.remote} {last}:{self.ref}",
                )
            return None
        if "non-fast-forward" in done.err:
            raise RefusedError(
                f"`{self.name}` on `{self.remote}` was rewritten: it does not continue what was seen before",
                hint=f"compare it with {self.seen} before you trust it (pxctl audit verify --env {self.environment})",
            )
        if is_network(done):
            raise NetworkError(
                f"`{self.remote}` cannot be read: {done.said()}", hint="check the remote and the network"
            )
        raise GitError(f"fetching `{self.name}` from `{self.remote}`: {done.said()}")

    def _with_history(self, tip: str | None) -> str | None:
        shallow = self.git.directory / "shallow"
        if tip is not None and shallow.exists() and tip in shallow.read_text("ascii").split():
            raise GitError(f"`{self.name}` is here without its history (a shallow clone)", hint=UNSHALLOW)
        return tip

    def _fetch(self) -> Done:
        lock = self._lock_of(self.git.directory, self.seen)
        for _ in range(20):
            with locks.using(self.readers) as keep:
                done = self.git.try_run(
                    "fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--refmap=",
                    str(self.remote), f"{self.ref}:{self.seen}", keep=keep,
                )  # fmt: skip
            if "cannot lock ref" not in done.err:
                break
            if not locks.clear_unused(lock, self.readers):
                time.sleep(0.05)  # somebody else on this host reads it just now
        return done

    def view(self, commit: str | None) -> View:
        """What the branch holds at a commit."""
        return View(self.git.reader, commit)

    def find_plan(self, plan: ReleasePlan, tip: str | None) -> str | None:
        """The release since the plan was made, up to `tip`, that is this plan: what we meant to make was made.

        The digest speaks of the payload; a step that moves nobody has the digest of any other such step, so the step
        counts too.
        """
        at = tip
        while at is not None and at != plan.tip:
            view = self.view(at)
            try:
                release = view.release
            except GitError:
                release = None
            if release is not None and (release.plan_digest, release.step) == (plan.digest, plan.step):
                return at
            at = view.header.parents[0] if view.header and view.header.parents else None
        return None

    # writing

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Our turn among the publishers of this environment on this host."""
        with locks.turn(self.record) as self._turn:
            try:
                for lock in self._locks() if self._turn.previous else ():
                    locks.clear_left(lock, self._turn)
                yield
            finally:
                self._turn = None

    def tidy(self) -> None:
        """Remove what a publisher that died has left locked, as every turn does. Raises ToolError."""
        with self.turn():
            pass

    @cached_property
    def record(self) -> Path:
        """The file that publishers on this host queue on."""
        if self.remote is None:
            return self.git.directory / "pxctl" / f"{self.environment}.turn"
        url = self.git.config(f"remote.{self.remote}.url").get(f"remote.{self.remote}.url", self.remote)
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        name = hashlib.sha256(f"{url}\n{self.ref}".encode()).hexdigest()[:24]
        return home / "pxctl" / "turns" / name

    @property
    def readers(self) -> Path:
        """The file that every process keeps open while it moves `seen`."""
        return self.git.directory / "pxctl" / f"{self.environment}.readers"

    def _write_git(self, *args: str, input: bytes | None = None) -> Done:
        """Git that may be left with a lock: it keeps our turn open, and is remembered if it is killed."""
        done = self.git.try_run(*args, input=input, keep=(self._turn.handle,) if self._turn is not None else ())
        if done.code < 0 and self._turn is not None:
            self._turn.dirty = True
        return done

    def write(self, objects: tuple[NewObject, ...]) -> None:
        """Put objects into the repository; nothing refers to them yet. Raises GitError (a full disk, for instance)."""
        pack, count = encode_pack(objects)
        if count < SMALL:
            self.git.run("unpack-objects", "-q", input=pack)
        else:
            self.git.run("index-pack", "--stdin", "--fix-thin", input=pack)

    def advance(self, old: str | None, new: str) -> Advance:
        """Move the branch from `old` to its child `new`.

        `lost`: somebody else moved it first. `unknown`: the connection broke; it may have moved. Raises RefusedError
        where the remote forbids it.
        """
        self.blocked = ""
        return self._local(old, new) if self.remote is None else self._push(new)

    def _local(self, old: str | None, new: str) -> Advance:
        self._refuse_checked_out()
        for attempt in range(2):
            done = self._write_git("update-ref", "-m", "pxctl", self.ref, new, old or NOTHING)
            if done.code == 0:
                return "done"
            if self.git.resolve(self.ref) != old:
                return "lost"
            lock = self._lock_of(self.git.directory, self.ref)
            if attempt or not locks.clear_left(lock, self._turn):
                break
        if "File exists" in done.err:
            self.blocked = done.said()
            return "lost"
        raise GitError(f"moving `{self.name}`: {done.said()}")

    def _push(self, new: str) -> Advance:
        done = self._write_git("push", "--porcelain", "--no-verify", str(self.remote), f"{new}:{self.ref}")
        if done.code == 0:
            with locks.using(self.readers) as keep:
                self.git.try_run("update-ref", self.seen, new, keep=keep)
            return "done"
        said = done.out.decode("utf-8", "replace") + done.err
        if "[rejected]" in said or "is at " in said or "reference already exists" in said:
            return "lost"
        if "cannot lock ref" in said or "Unable to create" in said or "failed to update ref" in said:
            self.blocked, where = done.said(), self._remote_directory()
            if where is not None:
                locks.clear_left(self._lock_of(where, self.ref), self._turn)
            return "lost"
        if "[remote rejected]" in said:
            why = next((x for x in said.splitlines() if "[remote rejected]" in x), "").rpartition("[remote rejected]")[
                2
            ]
            raise RefusedError(
                f"`{self.remote}` refuses the push to `{self.name}`:{why or ' no reason given'}",
                hint="the identity that publishes needs to be allowed to push there (branch protection, hooks)",
            )
        if self._turn is not None:
            self._turn.dirty = True
        return "unknown"

    def _remote_directory(self) -> Path | None:
        url = self.git.config(f"remote.{self.remote}.url").get(f"remote.{self.remote}.url", self.remote or "")
        path = Path(url.removeprefix("file://"))
        path = path if path.is_absolute() else self.git.root / path
        for place in (path / ".git", path):
            if (place / "HEAD").is_file():
                return place
        return None

    def left_locks(self) -> list[locks.StaleLock]:
        """Git's lock files over this environment's references, here and, where it is a folder, on the remote."""
        found = [locks.left(lock, self.record) for lock in self._locks()]
        seen = self._lock_of(self.git.directory, self.seen)
        if seen.exists():
            found.append(locks.StaleLock(seen, None, locks.unused(self.readers)))
        return [lock for lock in found if lock is not None]

    def _locks(self) -> list[Path]:
        """The lock files that moving the branch makes."""
        if self.remote is None:
            return [self._lock_of(self.git.directory, self.ref)]
        there = self._remote_directory()
        tracking = self._lock_of(self.git.directory, f"refs/remotes/{self.remote}/{self.name}")  # push moves it, too
        return [tracking, *([self._lock_of(there, self.ref)] if there is not None else [])]

    @staticmethod
    def _lock_of(directory: Path, ref: str) -> Path:
        return directory / f"{ref}.lock"

    def _refuse_checked_out(self) -> None:
        directory = self.git.directory
        bare = self.git.config("core.bare").get("core.bare") == "true"
        heads = [*([] if bare else [directory / "HEAD"]), *directory.glob("worktrees/*/HEAD")]
        for head in heads:
            try:
                text = head.read_text("utf-8").strip()
            except OSError:
                continue
            if text == f"ref: {self.ref}":
                raise RefusedError(
                    f"`{self.name}` is checked out in a work tree",
                    hint="switch to another branch there: git switch main",
                )

    def parent(self, commit: str) -> str | None:
        """A commit's first parent."""
        found = self.git.reader.one(commit)
        parents = decode_commit(found[2]).parents if found else ()
        return parents[0] if parents else None


def open_branch(git: Git, environment: str, state: StateLocation) -> Branch:
    """The branch of an environment: on the configured remote where there is one, else in this repository."""
    name = f"{state.branch_prefix}{environment}"
    is_url = "/" in state.remote or ":" in state.remote
    known = is_url or bool(git.config(f"remote.{state.remote}.url"))
    return Branch(git, environment, name, state.remote if known else None)
