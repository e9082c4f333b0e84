"""`audit verify`: every commit of a branch, from the root on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import zip_longest

from pxctl.core.clock import to_text
from pxctl.core.errors import GitError, PxctlError
from pxctl.model.live import AuditProblem, AuditReport
from pxctl.model.release import Release
from pxctl.release import audit, documents
from pxctl.release.approvals import parts
from pxctl.release.branch import UNSHALLOW, Branch
from pxctl.release.checks import Checks
from pxctl.release.history import commits
from pxctl.release.sign import APPROVAL_NAMESPACE, RELEASE_NAMESPACE
from pxctl.release.view import View

FOLDERS = {"policies": "routing-policies", "providers": "providers", "flags": "feature_flags", "roster": "tenants"}
"""The folder on main of each kind of version."""
AHEAD = 64
"""Releases whose signatures are being checked while earlier ones are judged."""


class Verification:
    """One walk over a branch; counts and problems gather in it."""

    def __init__(self, branch: Branch, now: datetime, window: timedelta) -> None:
        self.branch, self.now, self.window = branch, now, window
        self.problems: list[AuditProblem] = []
        self.repaired: list[AuditProblem] = []
        self.signed = self.approvals = self.checked = self.unchecked = 0

    def walk(self, tip: str, step: Callable[[], None] | None = None) -> AuditReport:
        """Judge every commit, oldest first. Raises GitError where the history itself cannot be read."""
        line = [commit for commit, _ in reversed(commits(self.branch, tip))]
        shared, good = self.branch.view(line[0]), None
        if shared.header is not None and shared.header.parents:
            raise GitError(f"the history before {line[0][:12]} is not here (a shallow clone)", hint=UNSHALLOW)
        foreign: list[str] = []
        with Checks() as self._checks:
            for commit in line[:AHEAD]:
                self._soon(shared.at(commit))
            for commit, later in zip_longest(line, line[AHEAD:]):
                if later is not None:
                    self._soon(shared.at(later))
                view = shared.at(commit)
                found = self._judge(view, good, foreign)
                if view.release_bytes is not None and not found:
                    good, foreign = view, []
                else:
                    foreign.append(commit)
                shared.trim()
                if step is not None:
                    step()
        for commit in foreign:
            if not any(p.commit == commit for p in self.problems):
                self.problems.append(AuditProblem(seq=None, commit=commit, problem="it is not a release"))
        return AuditReport(
            environment=self.branch.environment,
            tip=tip,
            root=line[0],
            releases=len(line),
            signed=self.signed,
            approvals=self.approvals,
            problems=tuple(self.problems),
            repaired=tuple(self.repaired),
            sources_checked=self.checked,
            sources_unchecked=self.unchecked,
        )

    def _soon(self, view: View) -> None:
        """Begin to check the signatures of a commit whose turn comes; what is wrong with it, is said then."""
        with suppress(PxctlError, ValueError):
            parents = view.header.parents if view.header else ()
            signers = view.at(parents[0]).signers if parents else view.signers
            if not signers.signers or view.release is None or view.release_bytes is None:
                return
            signature = (view.read(documents.SIGNATURE) or b"").decode("ascii", "replace")
            self._checks.soon(view.release_bytes, signature, RELEASE_NAMESPACE, signers)
            for approval in view.release.approvals:
                if (signed := parts(approval.signature or "", approval.plan_digest)) is not None:
                    self._checks.soon(signed[0], signed[1], APPROVAL_NAMESPACE, signers)

    def _judge(self, view: View, good: View | None, foreign: list[str]) -> list[str]:
        seq = None
        try:
            found, seq = self._problems(view, good, foreign)
        except (PxctlError, ValueError) as error:
            found = [str(error)]
        self.problems += [AuditProblem(seq=seq, commit=view.commit or "", problem=text) for text in found]
        return found

    def _problems(self, view: View, good: View | None, foreign: list[str]) -> tuple[list[str], int | None]:
        header, release = view.header, view.release
        if header is None or release is None:
            return ["it has no RELEASE.json: somebody committed to the branch by hand"], None
        if len(header.parents) > 1:
            return ["it is a merge"], release.seq
        parent = view.at(header.parents[0]) if header.parents else None
        repairing = release.op == "repair" and good is not None
        base = good if repairing else parent
        found = audit.link_problems(view, base, release, self.branch.environment)
        signature, who = audit.signature_problems(view, base, release, self._checks.check)
        found += signature
        self.signed += who is not None
        changes = audit.diff(view, parent)
        found += audit.content_problems(view, release, changes)
        found += audit.scope_problems(release, changes)
        found += audit.skip_problems(base, release)
        found += audit.gate_problems(base, release, who)
        found += audit.approval_problems(base, release, changes, self.window, self._checks.check)
        self.approvals += len(release.approvals)
        if repairing and good is not None:
            if view.payload_tree() != good.payload_tree():
                found.append("a repair puts back the last good release, and this one does not")
            if set(release.repairs) != set(foreign):
                found.append("it does not name the commits that it repairs")
            if not found:
                self._excuse(set(foreign))
        if release.op == "init" and (parent is not None or release.seq != 1):
            found.append("it claims to be the first release")
        if audit.future(release, self.now):
            found.append(f"it is dated {to_text(release.time)}, in the future")
        found += self._sources(release, {c.path: c.new for c in changes})
        found += self._request(release)
        return found, release.seq

    def _excuse(self, foreign: set[str]) -> None:
        self.repaired += [p for p in self.problems if p.commit in foreign]
        self.problems = [p for p in self.problems if p.commit not in foreign]

    def _request(self, release: Release) -> list[str]:
        """The request that a release names: the file of that main commit, and this plan."""
        if release.request is None:
            return []
        reader = self.branch.git.reader
        if release.request_commit is None or release.request_blob is None:
            return [f"it names `{release.request}`, but not which one"]
        if reader.one(release.request_commit) is None:
            self.unchecked += 1
            return []
        blob = reader.one(f"{release.request_commit}:{release.request}")
        self.checked += 1
        if blob is None or blob[0] != release.request_blob:
            return [f"`{release.request}` in commit {release.request_commit[:12]} is not the request that it names"]
        if release.op != "skip" and documents.decode(blob[2]).get("plan_digest") != release.plan_digest:
            return [f"`{release.request}` asks for another plan"]
        return []

    def _sources(self, release: Release, changes: dict[str, str | None]) -> list[str]:
        found = []
        for path in sorted(p for p, new in changes.items() if p.startswith("versions/") and new):
            commit = release.source.get(path)
            if commit is None:
                if release.op != "repair":
                    found.append(f"it does not say which commit `{path}` comes from")
                continue
            _, kind, name = path.split("/")
            stem = name.rpartition("@")[0]
            reader = self.branch.git.reader
            if reader.one(commit) is None:
                self.unchecked += 1
                continue
            blobs = [reader.one(f"{commit}:{FOLDERS[kind]}/{stem}{ending}") for ending in (".yaml", ".json")]
            self.checked += 1
            if changes[path] not in {b[0] for b in blobs if b is not None}:
                found.append(f"`{path}` is not what commit {commit[:12]} holds")
        return found


def anchor(branch: Branch, report: AuditReport, trust_root: str | None, checkpoint: str | None) -> AuditReport:
    """Compare the history with what is known from elsewhere: its root, and the last tip that was verified."""
    pinned = f"refs/pxctl/trust/{branch.name}"
    root = branch.git.resolve(trust_root) if trust_root else branch.git.resolve(pinned)
    if trust_root and root is None:
        raise GitError(
            f"`{trust_root}` is not a commit here", hint="name the commit of the environment's first release"
        )
    problems, warnings = list(report.problems), list(report.warnings)
    if root is not None and root != report.root:
        problems.append(
            AuditProblem(seq=1, commit=report.root, problem=f"the root is not the trusted one, {root[:12]}")
        )
    if root is None:
        warnings.append(f"nothing says that {report.root[:12]} is the right first release; anchor it with --trust-root")
    last = checkpoint or branch.git.resolve(f"refs/pxctl/verified/{branch.name}")
    if last and branch.git.try_run("merge-base", "--is-ancestor", last, report.tip).code:
        problems.append(
            AuditProblem(seq=None, commit=report.tip, problem=f"the branch was cut or rewritten: {last[:12]} is gone")
        )
    return report.model_copy(
        update={
            "problems": tuple(problems),
            "warnings": tuple(warnings),
            "anchored": root == report.root,
            "anchor": root,
        }
    )


def remember(branch: Branch, report: AuditReport) -> None:
    """Keep a verified tip as the checkpoint of the next verification, and its root as trusted."""
    branch.git.try_run("update-ref", f"refs/pxctl/verified/{branch.name}", report.tip)


def trust(branch: Branch, commit: str) -> None:
    """Keep a root as trusted on this machine: whoever makes the first release knows it."""
    branch.git.try_run("update-ref", f"refs/pxctl/trust/{branch.name}", commit)
