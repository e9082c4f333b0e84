"""Approvals, from wherever this environment takes them."""

from __future__ import annotations

from pxctl.app.flows.release import Desk
from pxctl.core.errors import RefusedError, UsageError
from pxctl.model.release import Approval, Signers


def approvals_for(desk: Desk, signers: Signers, digest: str, path: str, author: str | None) -> tuple[Approval, ...]:
    """Everybody who agreed to a plan and counts; the author does not.

    Where approvals are by forge, the reviews of the request at `path`. What no request asks for (signers, safe mode
    off, a direct release; `path` is empty) has no pull request: there signatures count.
    """
    by = signers.approvals.by
    if by == "forge" and path:
        from pxctl.app.flows.forge import reviews_of

        return reviews_of(desk, signers, digest, path)
    if (by == "none" and path) or not signers.signers:
        return ()
    from pxctl.release.approvals import collect

    found = collect(desk.branch, signers, digest, desk.clock.now())
    return tuple(a for a in found if a.principal not in (author, desk.actor.email))


def approve_plan(desk: Desk, what: str) -> Approval:
    """Sign a plan digest, or the digest of a release request. Raises UsageError where it is neither."""
    from pxctl.release.approvals import approve

    digest = what
    if not what.startswith("sha256:"):
        requests = desk.loaded.config.requests
        path = what.removeprefix("./")
        if path not in requests:
            raise UsageError(f"`{what}` is no release request of this commit", hint="name its file, or a plan digest")
        if path.split("/")[1] != desk.environment:
            raise UsageError(f"`{what}` is a request for `{path.split('/')[1]}`", hint=f"--env {path.split('/')[1]}")
        digest = requests[path].plan_digest or ""
        author = last_author(desk, path)
        if author == desk.actor.email:
            raise RefusedError("you wrote this request, and who wrote it does not approve it")
    if len(digest) != 71:
        said = "is no plan digest" if what.startswith("sha256:") else "has no plan digest"
        raise UsageError(f"`{what}` {said}", hint="sha256: and 64 hex digits")
    view = desk.branch.view(desk.branch.tip())
    return approve(desk.branch, view.signers, digest, desk.key, desk.clock.now())


def last_author(desk: Desk, path: str) -> str | None:
    """The mail address of whoever last wrote a file on main."""
    done = desk.git.try_run("log", "-1", "--format=%ae", desk.tree.source or "HEAD", "--", path)
    return done.out.decode("utf-8", "replace").strip() or None if done.code == 0 else None
