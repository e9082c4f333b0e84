"""Which reviews are approvals. One rule for all forges, pure.

A person's last review that decides something counts if it approves, was given for the commit that was merged, is not
dismissed, and comes from somebody who may write to the repository, is no bot, did not open the request, and wrote no
commit of it. People are counted, not reviews.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pxctl.model.release import Approval, Signers
from pxctl.release.forge.base import Person, Pull, PullCommit, Review


@dataclass(frozen=True)
class Ignored:
    """A review that does not count, and why."""

    login: str
    why: str


@dataclass(frozen=True)
class Counted:
    """The approvals of a request, and the reviews that are none."""

    approvals: tuple[Approval, ...]
    ignored: tuple[Ignored, ...]


def count_reviews(
    pull: Pull,
    reviews: Iterable[Review],
    commits: Iterable[PullCommit],
    plan_digest: str,
    principal_of: Callable[[Person], tuple[str | None, str]] | None = None,
) -> Counted:
    """The reviews of a pull request as approvals of `plan_digest`.

    `principal_of` gives the name under which a person approves here, or (None, why) (see `by_signers`); without it
    everybody who may write counts, under the login.
    """
    writers = {person.login.lower() for commit in commits for person in commit.writers}
    last: dict[str, tuple[Person, Review]] = {}
    ignored: list[Ignored] = []
    for review in reviews:
        if review.author is None:
            ignored.append(Ignored("(nobody)", "the account is gone"))
        elif review.state in ("approved", "changes_requested", "dismissed"):
            last[review.author.login.lower()] = (review.author, review)
    found: dict[str, Approval] = {}
    for author, review in last.values():
        why = _why_not(pull, review, author, writers)
        name: str | None = author.login
        if not why and principal_of is not None:
            name, why = principal_of(author)
        if why or name is None or review.at is None:
            ignored.append(Ignored(author.login, why or "it has no date"))
            continue
        found.setdefault(name, Approval(
            principal=name, by="forge", at=review.at, plan_digest=plan_digest, review_id=review.id, head=review.commit
        ))  # fmt: skip
    return Counted(tuple(found[name] for name in sorted(found)), tuple(ignored))


def by_signers(signers: Signers) -> Callable[[Person], tuple[str | None, str]]:
    """Approvers of an environment with signers: principals with that login who may approve and are no bots."""

    def principal(person: Person) -> tuple[str | None, str]:
        found = signers.of_login(person.login)
        if found is None:
            return None, "no principal of this environment has that login"
        if found.bot:
            return None, "a bot does not approve"
        if "approve" not in found.may:
            return None, f"`{found.principal}` may not approve here"
        return found.principal, ""

    return principal


def _why_not(pull: Pull, review: Review, author: Person, writers: set[str]) -> str:
    if review.state == "dismissed":
        return "it was dismissed"
    if review.state == "changes_requested":
        return "it asks for changes"
    if author.bot:
        return "a bot does not approve"
    if author.is_(pull.author):
        return "who opened the request does not approve it"
    if author.login.lower() in writers:
        return "who wrote a commit of the request does not approve it"
    if review.commit != pull.head_commit:
        return f"it was given for {(review.commit or 'no commit')[:12]}, not for {pull.head_commit[:12]}"
    if not review.trusted:
        return "its author may not write to the repository"
    return ""
