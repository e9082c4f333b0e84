"""What pxctl asks of a forge, and the values that forges answer with.

The contract, which one test class checks for every member:

- Nothing is created twice. `open_pull` finds the open pull request of the same head and base and updates it; where the
  answer was lost, it looks for the request before it is made again.
- A forge reports facts. Who counts as an approver is decided in `reviews.py`, the same way for all forges.
- The token is an opaque Secret. It is revealed as a request leaves, to the configured origin (scheme, host and port)
  and nowhere else: not to where a redirect or a `next` link points.
- Lists are read to their end. Rate limits are waited for within bounds, then they are an error that says until when.
- Every failure is a ForgeError that names the status, what was asked, and the way out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from pxctl.release.rest import RestError

CheckState = Literal["pending", "success", "failure", "error"]
ReviewState = Literal["approved", "changes_requested", "commented", "dismissed", "pending"]


class ForgeError(RestError):
    """The forge refused or did not answer. `status` is HTTP's, or None where there was no answer."""


@dataclass(frozen=True)
class Person:
    """An account of the forge; `bot` where the forge says that no person is behind it."""

    login: str
    bot: bool = False

    def is_(self, other: Person | str | None) -> bool:
        """Whether it is the same account (logins differ in case only)."""
        login = other.login if isinstance(other, Person) else other
        return login is not None and login.lower() == self.login.lower()


@dataclass(frozen=True)
class PullWish:
    """A pull request as it should be: the branch `head` onto `base`, and a body whose plan part is ours."""

    head: str
    base: str
    title: str
    plan: str
    labels: tuple[str, ...] = ()
    draft: bool = False


@dataclass(frozen=True)
class Pull:
    """A pull request. `head` is the branch, `head_commit` its last commit (the merged one once it is merged)."""

    number: int
    url: str
    title: str
    body: str
    state: Literal["open", "closed", "merged"]
    draft: bool
    author: Person | None
    head: str
    head_commit: str
    base: str
    from_fork: bool
    labels: tuple[str, ...] = ()
    merge_commit: str | None = None
    merged_at: datetime | None = None
    merged_by: Person | None = None


@dataclass(frozen=True)
class Review:
    """One review. `commit` is the head it looked at; `trusted` says that its author may write to the repository."""

    id: str
    author: Person | None
    state: ReviewState
    commit: str | None
    at: datetime | None
    trusted: bool


@dataclass(frozen=True)
class PullCommit:
    """One commit of a pull request, and the accounts that wrote it, as far as the forge knows them."""

    id: str
    writers: tuple[Person, ...]


@dataclass(frozen=True)
class Check:
    """The state of one named check of a commit."""

    context: str
    state: CheckState
    description: str = ""
    url: str | None = None


@dataclass(frozen=True)
class Protection:
    """How a branch is protected, as far as the token may see it; None where the forge does not say."""

    reviews_required: int | None = None
    dismisses_stale: bool | None = None
    last_push_needs_approval: bool | None = None
    code_owners: bool | None = None
    checks: tuple[str, ...] = ()
    force_push_allowed: bool | None = None
    signed: bool | None = None


class Forge(Protocol):
    """One repository on one forge."""

    def open_pull(self, wish: PullWish) -> Pull:
        """Open the pull request, or bring the open one of that head and base up to date."""
        ...

    def find_pull(self, head: str, base: str | None = None) -> Pull | None:
        """The open pull request of a branch."""
        ...

    def pull(self, number: int) -> Pull:
        """One pull request."""
        ...

    def merged_with(self, commit: str, base: str) -> Pull | None:
        """The pull request by which a commit came onto `base`, whether squashed, rebased or merged."""
        ...

    def reviews(self, number: int) -> Sequence[Review]:
        """All reviews, oldest first."""
        ...

    def commits(self, number: int) -> Sequence[PullCommit]:
        """The commits of a pull request."""
        ...

    def blob_at(self, commit: str, path: str) -> str | None:
        """The git blob id of a file in a commit, or None where there is none."""
        ...

    def set_check(self, commit: str, check: Check) -> None:
        """Set the state of a check; without a request where it already is that."""
        ...

    def checks(self, commit: str) -> Sequence[Check]:
        """The last state of every check of a commit."""
        ...

    def protection(self, branch: str) -> Protection:
        """How a branch is protected."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
