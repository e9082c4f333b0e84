"""GitHub (and GitHub Enterprise Server) through REST, version 2022-11-28."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from pxctl.core.errors import ConfigError
from pxctl.core.secret import Secret
from pxctl.model import project
from pxctl.release.forge import github_values as read
from pxctl.release.forge.base import Check, ForgeError, Protection, Pull, PullCommit, PullWish, Review
from pxctl.release.forge.body import with_plan
from pxctl.release.rest import Rest

HEADERS = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
HINTS = {
    401: "the token is wrong, expired or revoked; `forge.credential_ref` in pxctl.yaml says where it comes from",
    403: "give the token these permissions: contents read, pull requests and commit statuses write",
    404: "check `forge.repository` in pxctl.yaml; a token that may not see a repository gets the same answer",
    410: "the forge has switched this off for the repository",
}
BODY_LIMIT = 65_000
"""Characters of a pull request's body or a comment; GitHub refuses more than 65,536."""
DESCRIPTION_LIMIT = 140
RECENT_PAGES = 3


def open_forge(settings: project.Forge, token: Secret | None) -> GitHub:
    """GitHub by the settings of pxctl.yaml. Raises ConfigError."""
    if not settings.repository:
        raise ConfigError("forge: `repository` is missing", hint="write `repository: owner/name` under `forge:`")
    return GitHub(Rest(settings.url, token, headers=HEADERS, error=ForgeError, hints=HINTS), settings.repository)


class GitHub:
    """One repository on GitHub."""

    def __init__(self, rest: Rest, repository: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", repository) or "/." in f"/{repository}":
            raise ConfigError(f"forge: `{repository}` is not owner/name")
        self._rest = rest
        self._owner = repository.partition("/")[0]
        self._repository = repository
        self._root = f"/repos/{repository}"

    def close(self) -> None:
        """Let go of connections."""
        self._rest.close()

    # pull requests

    def open_pull(self, wish: PullWish) -> Pull:
        """Open the pull request, or bring the open one of that head and base up to date."""
        pull = self.find_pull(wish.head, wish.base)
        if pull is None:
            pull = self._create(wish)
        changes: dict[str, Any] = {}
        body = with_plan(pull.body, wish.plan, BODY_LIMIT)
        if pull.title != wish.title:
            changes["title"] = wish.title
        if pull.body != body:
            changes["body"] = body
        if changes:
            pull = read.pull(self._rest.call("PATCH", f"{self._root}/pulls/{pull.number}", changes))
        missing = [label for label in wish.labels if label not in pull.labels]
        if missing:
            self._rest.call("POST", f"{self._root}/issues/{pull.number}/labels", {"labels": missing})
            pull = self.pull(pull.number)
        return pull

    def _create(self, wish: PullWish) -> Pull:
        body = {
            "title": wish.title, "head": wish.head, "base": wish.base, "draft": wish.draft,
            "body": with_plan("", wish.plan, BODY_LIMIT),
        }  # fmt: skip
        for _ in range(3):
            try:
                return read.pull(self._rest.call("POST", f"{self._root}/pulls", body, once=True))
            except ForgeError as error:
                # the answer may be lost and the request made, or somebody else was first
                found = self.find_pull(wish.head, wish.base)
                if found is not None:
                    return found
                if error.status is not None and error.status < 500:
                    raise
                failure = error
        raise failure

    def find_pull(self, head: str, base: str | None = None) -> Pull | None:
        """The open pull request of a branch of this repository."""
        params = {"state": "open", "head": f"{self._owner}:{head}", **({"base": base} if base else {})}
        found = [read.pull(item) for item in self._rest.pages(f"{self._root}/pulls", params)]
        # GitHub ignores a `head` that it cannot read and lists everything, so that what comes back is looked at
        return next((p for p in found if p.head == head and not p.from_fork and base in (None, p.base)), None)

    def pull(self, number: int) -> Pull:
        """One pull request."""
        return read.pull(self._rest.call("GET", f"{self._root}/pulls/{number}"))

    def merged_with(self, commit: str, base: str) -> Pull | None:
        """The pull request by which a commit came onto `base`, whether squashed, rebased or merged."""
        try:
            near = [read.pull(item) for item in self._rest.pages(f"{self._root}/commits/{commit}/pulls")]
        except ForgeError as error:
            if error.status not in (404, 422):
                raise
            near = []
        merged = [p for p in near if p.state == "merged" and p.base == base]
        if not merged:  # the index of commits lags behind a merge that was just made
            params = {"state": "closed", "base": base, "sort": "updated", "direction": "desc"}
            recent = self._rest.pages(f"{self._root}/pulls", params, RECENT_PAGES)
            merged = [p for p in map(read.pull, recent) if p.state == "merged" and p.merge_commit == commit]
        exact = [p for p in merged if p.merge_commit == commit] or merged
        if not exact:
            return None
        return self.pull(min(exact, key=lambda p: (p.merged_at is None, p.merged_at, p.number)).number)

    def reviews(self, number: int) -> Sequence[Review]:
        """All reviews, oldest first."""
        return [read.review(item) for item in self._rest.pages(f"{self._root}/pulls/{number}/reviews")]

    def commits(self, number: int) -> Sequence[PullCommit]:
        """The commits of a pull request (GitHub lists at most 250)."""
        return [read.commit(item) for item in self._rest.pages(f"{self._root}/pulls/{number}/commits")]

    # commits and branches

    def blob_at(self, commit: str, path: str) -> str | None:
        """The git blob id of a file in a commit, or None where there is none."""
        try:
            found = self._rest.call("GET", f"{self._root}/contents/{quote(path)}", params={"ref": commit})
        except ForgeError as error:
            if error.status == 404:
                return None
            raise
        return str(found["sha"]) if isinstance(found, dict) and found.get("type") == "file" else None

    def set_check(self, commit: str, check: Check) -> None:
        """Set the state of a check; without a request where it already is that."""
        description = (
            check.description if len(check.description) <= DESCRIPTION_LIMIT else check.description[:139] + "…"
        )
        wanted = Check(check.context, check.state, description, check.url)
        if wanted in self.checks(commit):
            return
        body = {"state": check.state, "context": check.context, "description": description,
                **({"target_url": check.url} if check.url else {})}  # fmt: skip
        self._rest.call("POST", f"{self._root}/statuses/{commit}", body)

    def checks(self, commit: str) -> Sequence[Check]:
        """The last state of every check of a commit."""
        found: dict[str, Check] = {}
        for item in self._rest.pages(f"{self._root}/commits/{commit}/statuses"):  # newest first
            found.setdefault(item["context"], read.check(item))
        return list(found.values())

    def protection(self, branch: str) -> Protection:
        """How a branch is protected, by rulesets and by classic protection (which few tokens may see)."""
        name = quote(branch, safe="")
        rules = list(self._rest.pages(f"{self._root}/rules/branches/{name}"))
        try:
            classic = self._rest.call("GET", f"{self._root}/branches/{name}/protection")
        except ForgeError as error:
            if error.status not in (403, 404):
                raise
            classic = None
        return read.protection(rules, classic)
