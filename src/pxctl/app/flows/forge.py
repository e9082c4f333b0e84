"""The forge: pull requests for release requests, and reviews as approvals."""

from __future__ import annotations

from contextlib import closing

from pxctl.app.flows.credentials import read_base
from pxctl.app.flows.release import Desk, note
from pxctl.core.errors import PxctlError, RefusedError, UsageError
from pxctl.core.secret import Secret
from pxctl.model.live import ReleaseResult
from pxctl.model.release import Approval, Signers
from pxctl.release.forge.base import Check, Forge, Pull, PullWish
from pxctl.release.forge.registry import open_forge
from pxctl.release.forge.reviews import by_signers, count_reviews


def forge_of(desk: Desk) -> Forge:
    """The forge of pxctl.yaml, with its token under the grants of the base commit. Raises UsageError."""
    settings = desk.config.project.forge
    if settings is None:
        raise UsageError("pxctl.yaml names no forge", hint="add `forge: {repository: owner/name}`, or use --direct")
    token: Secret | None = None
    if settings.credential_ref:
        base = read_base(desk.root)
        token = (
            base.resolver({"environment": desk.environment}).resolve_for(settings.credential_ref, settings.url).secret
        )
    return open_forge(settings, token)


def open_request(desk: Desk, branch: str, title: str, plan: str, labels: tuple[str, ...]) -> Pull:
    """Open the pull request of a request's branch, or bring it up to date."""
    settings = desk.config.project.forge
    main = settings.main if settings is not None else "main"
    with closing(forge_of(desk)) as forge:
        return forge.open_pull(PullWish(branch, main, title, plan, labels))


def reviews_of(desk: Desk, signers: Signers, digest: str, path: str) -> tuple[Approval, ...]:
    """The approvals of the pull request that brought a request file onto main.

    Raises RefusedError where it came without one, or was edited after its reviews.
    """
    settings = desk.config.project.forge
    main = settings.main if settings is not None else "main"
    done = desk.git.try_run("log", "-1", "--first-parent", "--format=%H", desk.tree.source or "HEAD", "--", path)
    commit = done.out.decode().strip()
    if not path or not commit:
        return ()
    with closing(forge_of(desk)) as forge:
        pull = forge.merged_with(commit, main)
        if pull is None:
            raise RefusedError(
                f"commit {commit[:12]} came onto {main} without a pull request", hint="nobody reviewed it"
            )
        if forge.blob_at(pull.head_commit, path) != desk.tree.blob(path):
            raise RefusedError(
                f"`{path}` on {main} is not what pull request {pull.number} had when it was merged",
                hint="it was edited after its reviews; make a new request",
            )
        principal_of = by_signers(signers) if signers.signers else None
        counted = count_reviews(pull, forge.reviews(pull.number), forge.commits(pull.number), digest, principal_of)
    return counted.approvals


def apply_and_tell(
    desk: Desk, *, dry_run: bool = False
) -> tuple[list[ReleaseResult], list[str], PxctlError | None]:  # fmt: skip
    """`apply_requests`, and on the forge a status of main's commit that says what came of it.

    A forge that does not take the status stops nothing: the release is made, and a warning says so.
    """
    from pxctl.app.flows.apply import apply_requests

    results, warnings, error = apply_requests(desk, dry_run=dry_run)
    made = [result for result in results if result.status in ("released", "recovered")]
    if desk.config.project.forge is None or dry_run or not (made or error) or desk.tree.source is None:
        return results, warnings, error
    said = error.message if error else ", ".join(f"release {r.seq}" for r in made)
    check = Check(f"pxctl/{desk.environment}", "failure" if error else "success", said)
    try:
        with closing(forge_of(desk)) as forge:
            forge.set_check(desk.tree.source, check)
    except PxctlError as refused:
        warnings.append(f"the forge did not take the status of commit {desk.tree.source[:12]}: {refused.message}")
        note(desk, "forge.status_failed", commit=desk.tree.source, reason=refused.message)
    return results, warnings, error
