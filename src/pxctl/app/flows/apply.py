"""Apply: what was merged on main becomes releases, once and in order."""

from __future__ import annotations

from pxctl.app.flows.approvals import approvals_for, last_author
from pxctl.app.flows.intents import publish_intent
from pxctl.app.flows.release import Desk, release
from pxctl.app.flows.rollback import rollback_of
from pxctl.app.wiring import unsound
from pxctl.core.errors import GitError, PxctlError, RefusedError
from pxctl.model.live import ReleaseResult
from pxctl.model.release import ReleaseRequest
from pxctl.release.controls import Skip, Tidy
from pxctl.release.draft import Intent
from pxctl.release.engine import Terms
from pxctl.release.requests import Due, applied, due, folder


def apply_requests(desk: Desk, *, dry_run: bool = False) -> tuple[list[ReleaseResult], list[str], PxctlError | None]:
    """Apply every request of main that is due, in order. Stops at the first that is refused, and hands that on.

    With `dry_run`: the first due one is planned, because the next ones build on it.
    """
    prefix = folder(desk.environment)
    bad = [f for f in desk.loaded.findings if f.severity.value == "error" and f.span.file.startswith(prefix)]
    if bad:
        raise unsound(bad)
    there = {p: (desk.tree.blob(p), r) for p, r in desk.loaded.config.requests.items() if p.startswith(prefix)}
    wanted, warnings = due(desk.environment, there, applied(desk.branch, desk.branch.tip()))
    results: list[ReleaseResult] = []
    if not wanted and not dry_run:
        desk.branch.tidy()
    for one in wanted:
        try:
            results.append(apply_one(desk, one, dry_run=dry_run))
        except PxctlError as error:
            error.message = f"`{one.path}`: {error.message}"
            return results, warnings, error
        if dry_run and len(wanted) > 1:
            warnings.append(f"{len(wanted) - 1} more requests follow")
            break
    return results, warnings, None


def apply_one(desk: Desk, one: Due, *, dry_run: bool = False) -> ReleaseResult:
    """Apply one request. Raises RefusedError where its digest is absent or differs, or approvals are missing."""
    request = one.request
    if request.plan_digest is None:
        raise RefusedError(
            "it has no plan_digest, so nobody can have agreed to a plan", hint="make requests with `pxctl publish`"
        )
    source = request.source or ""
    _on_main(desk, source)
    there = desk.at(source)
    intent, terms = intent_of(there, one.path, request)
    author = last_author(desk, one.path)
    needs = desk.branch.view(desk.branch.tip()).signers
    given = Terms(
        digest=request.plan_digest, gates=terms.gates, author=author, request=(one.path, one.blob, desk.tree.source),
        approvals=lambda digest: approvals_for(desk, needs, digest, one.path, author),
    )  # fmt: skip
    result = release(there, intent, given, dry_run=dry_run)
    if result.status != "unchanged" or dry_run:
        return result
    # what is not on record would be taken up again, after a rollback for instance, or block the requests after it
    return release(there, Skip(one.path, result.why), Terms(request=given.request))


def intent_of(desk: Desk, path: str, request: ReleaseRequest) -> tuple[Intent, Terms]:
    """What a request asks for."""
    selection = None if isinstance(request.tenants, str) else request.tenants
    if request.op == "rollback":
        return rollback_of(desk, request), Terms()
    if request.op == "migrate":
        return Tidy(request.reason), Terms()
    return publish_intent(
        desk, request.subject, selection=selection, rollout=request.rollout, reason=request.reason,
        again=request.again, force=request.force, supersede=request.supersede, request=(path, request),
        withdraw=request.withdraw,
    )  # fmt: skip


def _on_main(desk: Desk, source: str) -> None:
    if not source:
        raise RefusedError("it names no source commit", hint="make requests with `pxctl publish`")
    if desk.git.resolve(source) is None:
        raise GitError(f"its source {source[:12]} is not here", hint="fetch all of main (in CI: `fetch-depth: 0`)")
    if desk.git.try_run("merge-base", "--is-ancestor", source, desk.tree.source or "HEAD").code:
        raise RefusedError(
            f"its source {source[:12]} is not part of main", hint="only content that was merged can be released"
        )
