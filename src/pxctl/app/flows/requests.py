"""Release requests: a planned release becomes a file that asks for it, in the work tree or in a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from pxctl.app.flows.release import Desk
from pxctl.core.digest import blob_id
from pxctl.core.errors import GitError, NetworkError, UsageError
from pxctl.load.writer import dump_yaml
from pxctl.model.live import ReleaseResult
from pxctl.model.release import ReleaseRequest
from pxctl.model.tenant import TenantSelector
from pxctl.release.requests import applied, folder, next_path

_HEADER = "# A release request: merging it approves it, and `pxctl apply` makes it so. Do not edit it after that.\n"
REMOTE = "origin"


def ask(
    desk: Desk, request: ReleaseRequest, result: ReleaseResult, pull: bool, *, path: str | None = None,
    remove: Iterable[str] = (), onto: str | None = None,
) -> tuple[ReleaseResult, str]:  # fmt: skip
    """Write the request for a plan; returns the plan, and a message that says where the request is.

    `path`: where it goes (default: under the next number); `remove`: requests that it takes the place of; `onto`: the
    pull request's branch (default: one of the request's own).
    """
    request = request.model_copy(update={"plan_digest": result.plan.digest})
    asked = result.model_copy(update={"why": "a release request asks for it"})
    if path is None and (same := _same(desk, request, pull)) is not None:
        return asked, f"{same} asks for exactly this already"
    path = path or next_path(
        desk.environment, request_files(desk), request.subject, request.version, request.op
    )  # fmt: skip
    text = _HEADER + request_text(request)
    if pull:
        message = _pull(desk, path, text, result, remove, onto or branch_of(desk, path))
    else:
        (desk.root / path).parent.mkdir(parents=True, exist_ok=True)
        (desk.root / path).write_text(text, encoding="utf-8")
        for old in remove:
            (desk.root / old).unlink(missing_ok=True)
        message = f"wrote {path}: commit it, have it merged to main, then run `pxctl apply --env {desk.environment}`"
    return asked, message


def _same(desk: Desk, request: ReleaseRequest, merged: bool) -> str | None:
    """A request, not applied yet, that says the same: in the commit, or, unless `merged`, in the work tree."""
    inside = {path for path in desk.tree.paths() if path.startswith(folder(desk.environment))}
    there = inside if merged else {p for p in request_files(desk) if p.startswith(folder(desk.environment))}
    text = (_HEADER + request_text(request)).encode()
    for path in sorted(there - set(applied(desk.branch, desk.branch.tip()))):
        if (desk.tree.read(path) if path in inside else (desk.root / path).read_bytes()) == text:
            return path
    return None


def request_files(desk: Desk) -> set[str]:
    """The paths of all requests, in the commit and in the work tree."""
    prefix = folder(desk.environment)
    there = (desk.root / prefix).glob("*")
    return {p for p in desk.tree.paths() if p.startswith("releases/")} | {prefix + p.name for p in there if p.is_file()}


def request_text(request: ReleaseRequest) -> str:
    """A request as YAML, defaults left out."""
    value = request.model_dump(mode="json", exclude_defaults=True)
    value.setdefault("tenants", "everyone")
    if isinstance(request.tenants, TenantSelector):
        value["tenants"] = request.tenants.model_dump(mode="json", exclude_defaults=True)
    order = [name for name in ReleaseRequest.model_fields if name in value]
    return dump_yaml({name: value[name] for name in order})


def branch_of(desk: Desk, path: str) -> str:
    """The branch of a request's pull request."""
    return f"pxctl/{desk.environment}-{path.rpartition('/')[2].rpartition('.')[0]}"


def _pull(desk: Desk, path: str, text: str, result: ReleaseResult, remove: Iterable[str], name: str) -> str:
    from pxctl.app.flows.forge import open_request
    from pxctl.release.commits import commit_file
    from pxctl.release.git import is_network
    from pxctl.report.release import headline, plan_markdown

    require_forge(desk)
    title, data = headline(result.plan), text.encode()
    tip = fetched(desk, name).get(name)
    if tip is None or blob_at(desk, tip, path) != blob_id(data):
        parent = tip or desk.tree.source or "HEAD"
        gone = [old for old in remove if blob_at(desk, parent, old)]
        commit = commit_file(desk.git, parent, path, data, desk.actor, desk.clock.now(), title, gone)
        done = desk.git.try_run("push", "--porcelain", "--no-verify", REMOTE, f"{commit}:refs/heads/{name}")
        if done.code:
            raise (NetworkError if is_network(done) else GitError)(f"pushing `{name}`: {done.said()}")
    pull = open_request(desk, name, title, plan_markdown(result), ("pxctl", f"env:{desk.environment}"))
    return f"pull request {pull.number}: {pull.url}"


def require_forge(desk: Desk) -> None:
    """Raises UsageError where there is no forge, or nowhere to push a branch to."""
    if desk.config.project.forge is None:
        raise UsageError("pxctl.yaml names no forge", hint="add `forge: {repository: owner/name}`, or use --request")
    if not desk.git.config(f"remote.{REMOTE}.url"):
        raise UsageError(f"the repository has no remote `{REMOTE}`", hint=f"git remote add {REMOTE} URL")


def fetched(desk: Desk, pattern: str) -> dict[str, str]:
    """The remote's branches of a pattern, by name, with their tips, which are fetched."""
    done = desk.git.try_run("ls-remote", REMOTE, f"refs/heads/{pattern}")
    found = {}
    for line in done.out.decode().splitlines() if done.code == 0 else ():
        tip, _, ref = line.partition("\t")
        found[ref.removeprefix("refs/heads/")] = tip
    missing = [f"refs/heads/{name}" for name, tip in found.items() if desk.git.resolve(tip) is None]
    if missing:
        desk.git.try_run("fetch", "--no-tags", "--no-write-fetch-head", "--quiet", REMOTE, *missing)
    return {name: tip for name, tip in found.items() if desk.git.resolve(tip) is not None}


def blob_at(desk: Desk, commit: str, path: str) -> str:
    """The id of the blob at a path of a commit; empty where there is none."""
    return desk.git.try_run("rev-parse", "-q", "--verify", f"{commit}:{path}").out.decode().strip()
