"""The releases of an environment in time: the log, a point in time, since when."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime

from pxctl.core.clock import to_text
from pxctl.core.digest import sha256
from pxctl.core.errors import GitError, UsageError
from pxctl.model.live import LogEntry
from pxctl.release.branch import Branch
from pxctl.release.documents import RELEASE, SIGNATURE, decode_release
from pxctl.release.gates_override import title
from pxctl.release.view import View, tenant_path


def commits(branch: Branch, tip: str, limit: int | None = None) -> list[tuple[str, int]]:
    """(commit, committer time in seconds) along the first parents, newest first."""
    args = ["log", "--first-parent", "--format=%H %ct", *([f"-{limit}"] if limit else []), tip]
    return [(line.split()[0], int(line.split()[1])) for line in branch.git.text(*args).splitlines()]


def log(branch: Branch, tip: str, limit: int | None = None) -> list[LogEntry]:
    """The newest `limit` entries (None: all), newest first. Commits that are no releases are in it, with the reason."""
    found = commits(branch, tip, None if limit is None else limit + 1)
    reader = branch.git.reader
    records = reader.many(f"{commit}:{RELEASE}" for commit, _ in found)
    found = found[:limit]
    signatures = reader.many(f"{commit}:{SIGNATURE}" for commit, _ in found)
    entries = []
    for (commit, _), record, older, signature in zip(found, records, [*records[1:], None], signatures, strict=False):
        try:
            if record is None:
                raise GitError("it has no RELEASE.json")
            r = decode_release(record[2], RELEASE)
            if r.op != "repair" and older is not None and r.previous != sha256(older[2]):
                raise GitError("it does not name the release before it (digest chain)")
        except GitError as error:
            entries.append(LogEntry(seq=None, commit=commit, time=None, op="not a release", problem=error.message))
            continue
        entries.append(
            LogEntry(
                seq=r.seq,
                commit=commit,
                time=r.time,
                op=r.op,
                subject=r.subject,
                version=r.version,
                step=r.step,
                actor=r.actor,
                moved=r.tenants_moved,
                tenants=r.tenants,
                approvals=len(r.approvals),
                overridden=tuple(title(g) for g in r.gates if g.overridden is not None),
                signed=signature is not None,
                reason=r.reason,
            )
        )
    return entries


def at_time(branch: Branch, tip: str, moment: datetime) -> str:
    """The commit that was live at a moment. Raises UsageError where the environment did not exist yet.

    Git keeps whole seconds and releases keep milliseconds, so the few releases of that second are read.
    """
    line = list(reversed(commits(branch, tip)))
    at = bisect_right([seconds for _, seconds in line], int(moment.timestamp()))
    while at > 0:
        at -= 1
        release = branch.view(line[at][0]).release
        if release is not None and release.time <= moment:
            return line[at][0]
    raise UsageError(
        f"the environment had no release at {to_text(moment)}", hint="its first one is shown by `pxctl audit log`"
    )


def at_seq(branch: Branch, tip: str, seq: int) -> str:
    """The commit of a release by number. Raises UsageError."""
    view: View | None = branch.view(tip)
    line = [c for c, _ in commits(branch, tip)]
    guess = len(line) - seq
    order = [line[guess]] if 0 <= guess < len(line) else []
    for commit in [*order, *line]:
        view = branch.view(commit)
        try:
            if view.release is not None and view.release.seq == seq:
                return commit
        except GitError:
            continue
    raise UsageError(f"there is no release {seq}", hint=f"they go from 1 to {len(line)}; see `pxctl audit log`")


def since(branch: Branch, commit: str, tenant: str) -> dict[str, tuple[int, datetime]]:
    """Subject -> (seq, time) of the release that gave the tenant what it has at `commit`."""
    git, path = branch.git, tenant_path(tenant)
    touched = git.text("log", "--first-parent", "--format=%H", commit, "--", path).splitlines()
    view = branch.view(commit)
    pins = view.pins([tenant]).get(tenant)
    if pins is None:
        return {}
    wanted = {f"policies/{n}": v for n, v in pins.policies.items()}
    wanted |= {f"providers/{n}": v for n, v in pins.providers.items()}
    wanted |= {"flags": pins.flags} if pins.flags is not None else {}
    found: dict[str, tuple[int, datetime]] = {}
    for id_ in touched:
        here = view.at(id_)
        release = here.release
        parents = here.header.parents if here.header else ()
        before = here.at(parents[0]).pins([tenant]).get(tenant) if parents else None
        for subject in [s for s in wanted if s not in found]:
            if release is not None and (before is None or before.get(subject) != wanted[subject]):
                found[subject] = (release.seq, release.time)
        if len(found) == len(wanted):
            break
    return found


def added_on_main(branch: Branch, folder: str) -> dict[str, datetime]:
    """`folder/name` without its ending -> when a file of that name first came into HEAD's history."""
    from git import Repo

    found: dict[str, datetime] = {}
    with Repo(branch.git.directory) as repo:
        # git's own word for "this repository, whatever the environment says"
        repo.git.update_environment(GIT_DIR=str(branch.git.directory), GIT_NO_REPLACE_OBJECTS="1")
        text = repo.git.log("--reverse", "--diff-filter=A", "--format=@%ct", "--name-only", "HEAD", "--", folder)
    at = datetime.fromtimestamp(0, UTC)
    for line in text.splitlines():
        if line.startswith("@"):
            at = datetime.fromtimestamp(int(line[1:]), UTC)
        elif line:
            found.setdefault(line.rpartition(".")[0], at)
    return found
