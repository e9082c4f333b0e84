"""GitHub's JSON -> our values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from pxctl.core.clock import from_text
from pxctl.core.errors import UsageError
from pxctl.release.forge.base import (
    Check,
    CheckState,
    ForgeError,
    Person,
    Protection,
    Pull,
    PullCommit,
    Review,
    ReviewState,
)

Json = Mapping[str, Any]
TRUSTED = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""Associations of an account that may review with effect."""
_STATES: dict[str, ReviewState] = {
    "APPROVED": "approved", "CHANGES_REQUESTED": "changes_requested", "COMMENTED": "commented",
    "DISMISSED": "dismissed", "PENDING": "pending",
}  # fmt: skip
_CO_AUTHOR = re.compile(
    r"^co-authored-by:.*<(?:[0-9]+\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.github\.com>\s*$", re.M | re.I
)
WEB_FLOW = "web-flow"
"""The account under which GitHub itself commits."""


def person(item: Json | None) -> Person | None:
    """An account, or None where it is gone."""
    if not item or not item.get("login"):
        return None
    login = str(item["login"])
    return Person(login, bot=item.get("type") not in (None, "User") or login.endswith("[bot]"))


def when(text: Any) -> datetime | None:
    """A moment, or None."""
    try:
        return from_text(text) if isinstance(text, str) else None
    except UsageError:
        return None


def pull(item: Json) -> Pull:
    """A pull request, in its long or short form."""
    try:
        head, base = item["head"], item["base"]
        merged_at = when(item.get("merged_at"))
        state = "merged" if merged_at else "open" if item["state"] == "open" else "closed"
        here, there = head.get("repo") or {}, base.get("repo") or {}
        return Pull(
            number=int(item["number"]), url=str(item.get("html_url") or ""), title=str(item["title"]),
            body=str(item.get("body") or "").replace("\r\n", "\n"),
            state=cast(Any, state), draft=bool(item.get("draft")),
            author=person(item.get("user")), head=str(head["ref"]), head_commit=str(head["sha"]), base=str(base["ref"]),
            from_fork=here.get("id") != there.get("id"),
            labels=tuple(str(label["name"]) for label in item.get("labels") or ()),
            merge_commit=str(item["merge_commit_sha"]) if merged_at and item.get("merge_commit_sha") else None,
            merged_at=merged_at, merged_by=person(item.get("merged_by")),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise ForgeError(f"the forge described a pull request without `{error}`") from None


def review(item: Json) -> Review:
    """One review."""
    return Review(
        id=str(item["id"]), author=person(item.get("user")), state=_STATES.get(str(item.get("state")), "commented"),
        commit=item.get("commit_id"), at=when(item.get("submitted_at")),
        trusted=item.get("author_association") in TRUSTED,
    )  # fmt: skip


def commit(item: Json) -> PullCommit:
    """One commit, and who wrote it: author, committer (unless GitHub itself), and co-authors that name an account."""
    people = [person(item.get("author")), person(item.get("committer"))]
    writers = [p for p in people if p is not None and p.login != WEB_FLOW]
    message = str((item.get("commit") or {}).get("message") or "")
    writers += [Person(login, login.endswith("[bot]")) for login in _CO_AUTHOR.findall(message)]
    return PullCommit(str(item["sha"]), tuple(dict.fromkeys(writers)))


def check(item: Json) -> Check:
    """One commit status."""
    return Check(
        str(item["context"]),
        cast(CheckState, item["state"]),
        str(item.get("description") or ""),
        item.get("target_url"),
    )


def protection(rules: Iterable[Json], classic: Json | None) -> Protection:
    """The stricter of rulesets and classic protection."""
    by_type: dict[str, list[Json]] = {}
    for rule in rules:
        by_type.setdefault(str(rule.get("type")), []).append(rule.get("parameters") or {})
    asked = list(by_type.get("pull_request", []))
    checks = [
        c["context"] for p in by_type.get("required_status_checks", []) for c in p.get("required_status_checks", [])
    ]
    forced: bool | None = False if "non_fast_forward" in by_type else None
    signed: bool | None = True if "required_signatures" in by_type else None
    if classic is not None:
        reviews = classic.get("required_pull_request_reviews")
        asked += [reviews] if reviews else []
        checks += (classic.get("required_status_checks") or {}).get("contexts") or []
        forced = False if forced is False else (classic.get("allow_force_pushes") or {}).get("enabled")
        signed = signed or (classic.get("required_signatures") or {}).get("enabled")
    if not asked and classic is None and not by_type:
        return Protection()
    return Protection(
        reviews_required=max((int(a.get("required_approving_review_count") or 0) for a in asked), default=0),
        dismisses_stale=any(a.get("dismiss_stale_reviews_on_push") or a.get("dismiss_stale_reviews") for a in asked),
        last_push_needs_approval=any(a.get("require_last_push_approval") for a in asked),
        code_owners=any(a.get("require_code_owner_review") or a.get("require_code_owner_reviews") for a in asked),
        checks=tuple(sorted(set(checks))), force_push_allowed=forced, signed=signed,
    )  # fmt: skip
