"""A release request that became stale is planned again: the same wish, in the same pull request where there is one."""

from __future__ import annotations

from pxctl.app.flows.apply import intent_of
from pxctl.app.flows.release import Desk, release
from pxctl.app.flows.requests import ask, blob_at, branch_of, fetched, request_files, require_forge
from pxctl.core.errors import RefusedError, UsageError
from pxctl.load.loader import load
from pxctl.load.tree import CommitTree, WorkTree
from pxctl.model.live import ReleaseResult
from pxctl.model.release import ReleaseRequest
from pxctl.release.requests import applied, next_path, order


def refresh(desk: Desk, path: str, mode: str | None) -> tuple[ReleaseResult, str]:
    """Plan a request anew on what is live now, and write the new plan where the request is.

    `mode`: dry-run, request (the file in the work tree), pr, or None for what the repository is set up for. The content
    stays the one that was reviewed: the request's own source commit, unless that never reached main. Raises UsageError
    where there is no such request, RefusedError where it is applied already.
    """
    if mode is None:
        mode = "request" if desk.config.project.forge is None else "pr"
    if mode == "pr":
        require_forge(desk)
    done = applied(desk.branch, desk.branch.tip())
    if path in done:
        raise RefusedError(f"`{path}` is applied already", hint="for another release, `pxctl publish` makes a new one")
    old, branch = _found(desk, path)
    there = desk.at(_source(desk, old.source))
    wish = old.model_copy(
        update={"source": there.tree.source, "version": old.version if old.op == "rollback" else None}
    )
    intent, terms = intent_of(there, path, wish)
    result = release(there, intent, terms, dry_run=True)
    if result.status == "unchanged":
        return result, f"nothing is left for it to do: remove {path}"
    if mode == "dry-run":
        return result, ""
    last = max((order(p) for p in done), default=(0, ""))
    new = wish.model_copy(update={"version": wish.version or result.plan.version})
    where = path
    if order(path) < last:
        where = next_path(desk.environment, request_files(desk) | set(done), new.subject, new.version, new.op)
    elif new.model_copy(update={"plan_digest": result.plan.digest}) == old:
        return result.model_copy(update={"why": "the request asks for exactly this"}), "nothing to refresh"
    # a request that was merged gets a pull request of its own; one that is under review keeps its own
    onto = branch or f"{branch_of(desk, path)}-{result.plan.digest.removeprefix('sha256:')[:8]}"
    removed = [path] if where != path else []
    shown, message = ask(desk, new, result, mode == "pr", path=where, remove=removed, onto=onto)
    if result.plan.digest != old.plan_digest:
        message += "; whoever agreed to the old plan has to agree to this one"
    return shown, message


def _found(desk: Desk, path: str) -> tuple[ReleaseRequest, str | None]:
    """The request as it is in the commit, in the work tree, or on a branch under review; then also that branch."""
    for tree in (desk.tree, WorkTree(desk.root)):
        if path in tree.paths():
            found = load(tree)
            if path in found.config.requests:
                return found.config.requests[path], None
            wrong = [f.message for f in found.findings if f.span.file == path]
            raise UsageError(f"`{path}`: {wrong[0] if wrong else 'it cannot be read'}", hint="mend it, or remove it")
    branches = fetched(desk, f"pxctl/{desk.environment}-*") if desk.config.project.forge is not None else {}
    for name, tip in sorted(branches.items(), key=lambda item: item[0] != branch_of(desk, path)):
        if blob_at(desk, tip, path):
            requests = load(CommitTree(desk.root, tip)).config.requests
            if path in requests:
                return requests[path], name
    raise UsageError(
        f"there is no request `{path}`, neither here nor under review",
        hint=f"requests here: {', '.join(f'`{p}`' for p in sorted(request_files(desk))) or 'none'}",
    )


def _source(desk: Desk, source: str | None) -> str:
    """The request's own source where it is part of this history, else this commit."""
    here = desk.tree.source or desk.rev
    if source is None or desk.git.resolve(source) is None:
        return here
    return source if not desk.git.try_run("merge-base", "--is-ancestor", source, here).code else here
