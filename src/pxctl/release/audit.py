"""Is a commit a release, and is a branch a history of releases? Works offline, on the branch alone.

Each check says what it found in one sentence. What cannot be seen from the branch: that it was cut short (a checkpoint
is compared where one is given), and that everybody who may sign was honest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pxctl.core.bucketing import ALGORITHM
from pxctl.core.clock import to_text
from pxctl.core.digest import sha256
from pxctl.core.errors import GitError, PxctlError
from pxctl.model.release import Approval, Op, PathChange, Permission, Principal, Release, Signers
from pxctl.release import documents
from pxctl.release.approvals import read
from pxctl.release.draft import missing_approvals, plan_digest
from pxctl.release.gates_override import title, unmet
from pxctl.release.objects import BLOB_MODE, TREE_MODE
from pxctl.release.sign import RELEASE_NAMESPACE, Check, check
from pxctl.release.view import Tree, View

PERMISSIONS: dict[Op, Permission] = {"safe_mode": "safe_mode", "signers": "signers", "credential": "rotate"}
"""What an op needs; every other one needs `publish`."""
ROOT_NAMES = frozenset({
    documents.RELEASE, documents.SIGNATURE, documents.SAFE_MODE, documents.SIGNERS,
    "tenants", "tombstones", "versions", "credentials", "evidence",
})  # fmt: skip
WITHOUT_APPROVAL: frozenset[Op] = frozenset({
    "init", "promote", "abort", "pause", "retry", "repair", "credential", "skip",
})  # fmt: skip
"""Ops that follow from an approved release, stop one, or change nothing; `rollback` and `safe_mode` are judged by what
they do."""


def tip_problems(view: View, environment: str) -> list[str]:
    """What makes a commit no release, from itself and its parent alone; empty where it is one."""
    try:
        parents = view.header.parents if view.header else ()
        if len(parents) > 1:
            return ["it is a merge"]
        release = view.release
        if release is None:
            return ["it has no RELEASE.json"]
        parent = view.at(parents[0]) if parents else None
        if release.op == "repair" and parent is not None:
            parent = last_good(parent, environment)
        problems = link_problems(view, parent, release, environment)
        return problems or signature_problems(view, parent, release)[0]
    except (PxctlError, ValueError) as error:
        return [str(error)]


def last_good(view: View, environment: str, limit: int = 10_000) -> View | None:
    """The newest valid release at or before a commit."""
    at: View | None = view
    for _ in range(limit):
        if at is None or at.commit is None:
            return None
        if not tip_problems(at, environment):
            return at
        parents = at.header.parents if at.header else ()
        at = at.at(parents[0]) if parents else None
    return None


def link_problems(view: View, parent: View | None, release: Release, environment: str) -> list[str]:
    """The chain: environment, seq, digest of the previous record, payload, time, the shape of the tree."""
    found = []
    before = parent.release if parent is not None else None
    if release.environment != environment:
        found.append(f"it is a release of `{release.environment}`")
    expected = (before.seq if before else 0) + 1
    if release.seq != expected:
        found.append(f"its seq is {release.seq}, {expected} was due")
    previous = sha256(parent.release_bytes) if parent is not None and parent.release_bytes else None
    if release.previous != previous:
        found.append("it does not name the release before it (digest chain)")
    if release.payload_tree != view.payload_tree():
        found.append("its tree is not the one that its record names (payload)")
    if before is not None and release.time <= before.time:
        found.append(f"its time {to_text(release.time)} is not after {to_text(before.time)}")
    if release.bucketing != ALGORITHM:
        found.append(f"it buckets by `{release.bucketing}`")
    strange = sorted(name for name in view.root if name not in ROOT_NAMES)
    if strange:
        found.append(f"it holds `{strange[0]}`, which no release has")
    if release.repairs and release.op != "repair":
        found.append("it claims repairs, but is none")
    return found


def signature_problems(
    view: View, parent: View | None, release: Release, check: Check = check
) -> tuple[list[str], Principal | None]:
    """The signature under the parent's signers (the root's under its own), and who made it."""
    signers = parent.signers if parent is not None else view.signers
    signature = view.read(documents.SIGNATURE)
    if not signers.signers:
        return [], None
    if signature is None:
        return ["it is not signed, and this environment has signers"], None
    who = check(view.release_bytes or b"", signature.decode("ascii", "replace"), RELEASE_NAMESPACE, signers)
    if who is None:
        return ["its signature is not by anybody whom the release before it lists as a signer"], None
    needed = PERMISSIONS.get(release.op, "publish")
    if needed not in who.may:
        return [f"`{who.principal}` signed it and may not {needed.replace('_', ' ')}"], who
    if release.actor.principal != who.principal:
        return [f"it says `{release.actor.principal}` made it, and `{who.principal}` signed it"], who
    return [], who


def diff(view: View, parent: View | None) -> list[PathChange]:
    """The payload's changed paths against the parent, sorted. Equal trees are not opened."""
    changes: list[PathChange] = []
    _diff(view, parent, dict(view.root), dict(parent.root) if parent else {}, "", changes)
    return sorted((c for c in changes if _in_payload(c.path)), key=lambda c: c.path)


def _in_payload(path: str) -> bool:
    return path.partition("/")[0] not in documents.OUTSIDE_PAYLOAD


def _diff(view: View, parent: View | None, new: Tree, old: Tree, prefix: str, out: list[PathChange]) -> None:
    changed = [name for name in new.keys() | old.keys() if new.get(name) != old.get(name)]
    folders = [
        e.id for name in changed for e in (new.get(name), old.get(name)) if e is not None and e.mode == TREE_MODE
    ]
    view.load_trees(folders)
    for name in changed:
        after, before = new.get(name), old.get(name)
        a_tree = view.tree(after.id) if after is not None and after.mode == TREE_MODE else {}
        b_tree = view.tree(before.id) if before is not None and before.mode == TREE_MODE else {}
        a_blob = after.id if after is not None and after.mode != TREE_MODE else None
        b_blob = before.id if before is not None and before.mode != TREE_MODE else None
        if after is not None and after.mode not in (TREE_MODE, BLOB_MODE):
            raise GitError(f"`{prefix}{name}` has mode {after.mode}, which no release has")
        if a_blob != b_blob:
            out.append(PathChange(prefix + name, b_blob, a_blob))
        if a_tree or b_tree:
            _diff(view, parent, a_tree, b_tree, f"{prefix}{name}/", out)


def content_problems(view: View, release: Release, changes: list[PathChange]) -> list[str]:
    """The plan digest, versions that never change, and pins that exist."""
    found = []
    digest = plan_digest(release.environment, release.op, release.subject, release.plan_source, changes)
    if digest != release.plan_digest:
        found.append("what it changed is not what its plan digest says")
    rewritten = [c.path for c in changes if c.path.startswith("versions/") and c.old and c.new]
    if rewritten:
        found.append(f"`{rewritten[0]}` was changed: a version never changes")
    touched = [
        c.path.rpartition("/")[2].removesuffix(".yaml") for c in changes if c.path.startswith("tenants/") and c.new
    ]
    removed = {c.path for c in changes if c.path.startswith("versions/") and not c.new}
    distinct = view.pins_of_blobs(c.new for c in changes if c.path.startswith("tenants/") and c.new)
    if touched and view.pins_blobs(touched).keys() != set(touched):
        found.append("a tenant's file lies in the wrong folder")
    have = {kind: view.versions(kind) for kind in ("policies", "providers", "flags")}
    flags = {n for ids in have["flags"].values() for n in ids}
    for pins in distinct.values():
        for kind, numbers in (("policies", pins.policies), ("providers", pins.providers)):
            for name, number in numbers.items():
                if number not in have[kind].get(name, {}):
                    found.append(f"somebody is pinned to {kind}/{name}@{number}, which is not there")
        if pins.flags is not None and pins.flags not in flags:
            found.append(f"somebody is pinned to flags@{pins.flags}, which is not there")
    if release.op not in ("roster", "migrate", "repair") and removed:
        found.append(f"`{sorted(removed)[0]}` was removed by `{release.op}`")
    return sorted(set(found))


def scope_problems(release: Release, changes: Iterable[PathChange]) -> list[str]:
    """Each op changes its own part of the tree and nothing else."""
    allowed: dict[str, tuple[str, ...]] = {
        "publish": ("tenants/", "versions/"), "promote": ("tenants/",), "abort": ("tenants/",), "pause": (),
        "retry": ("tenants/",), "rollback": ("tenants/",), "roster": ("tenants/", "tombstones/", "versions/roster/"),
        "safe_mode": (documents.SAFE_MODE,), "signers": (documents.SIGNERS,), "credential": ("credentials/",),
        "migrate": ("versions/",), "skip": (),
    }  # fmt: skip
    if release.op not in allowed:
        return []
    outside = [c.path for c in changes if not c.path.startswith(allowed[release.op])]
    return [f"a `{release.op}` release does not change `{outside[0]}`"] if outside else []


def skip_problems(parent: View | None, release: Release) -> list[str]:
    """A `skip` leaves everything as it was; it names the request that had nothing left to do."""
    before = parent.release if parent is not None else None
    if release.op != "skip" or before is None:
        return []
    kept = ("rollouts", "blocked", "stable", "former", "counters", "tenants")
    found = [f"a `skip` release does not change `{n}`" for n in kept if getattr(release, n) != getattr(before, n)]
    return found if release.request is not None else [*found, "a `skip` release names no request"]


def gate_problems(parent: View | None, release: Release, who: Principal | None) -> list[str]:
    """A step goes on when its gates passed, or on the word of a person who may approve."""
    if release.op not in ("publish", "promote"):
        return []
    found = [f"gate `{title(g)}` did not pass, and nobody overrode it" for g in unmet(release.gates)]
    for gate in release.gates:
        if gate.overridden is None:
            continue
        if release.op != "promote" or gate.kind == "approvals" or not gate.overridden:
            found.append(f"gate `{title(gate)}` cannot be overridden like this")
        elif parent is not None and parent.signers.signers and (who is None or "approve" not in who.may or who.bot):
            found.append(f"gate `{title(gate)}` was overridden by somebody who may not approve")
    return found


def approval_problems(
    parent: View | None, release: Release, changes: list[PathChange], window: timedelta, check: Check = check
) -> list[str]:
    """Enough people agreed to exactly this plan, none of them its author, a bot, or somebody without a key."""
    if parent is None:
        return []
    signers: Signers = parent.signers
    found, valid = [], []
    for approval in release.approvals:
        who = next((p for p in signers.signers if p.principal == approval.principal), None)
        about = f"the approval by `{approval.principal}`"
        if approval.plan_digest != release.plan_digest:
            found.append(f"{about} is for another plan")
        elif who is None and approval.by == "forge" and not signers.signers and approval.review_id:
            valid.append(approval)
        elif who is None or "approve" not in who.may:
            found.append(f"{about} does not count: the release before this one does not let them approve")
        elif who.bot:
            found.append(f"{about} does not count: a bot never approves")
        elif approval.principal == release.actor.principal and approval.by == "signature":
            found.append(f"{about} does not count: they made the release")
        elif approval.by == "signature" and not _approval_signed(approval, signers, check):
            found.append(f"{about} is not signed by them")
        elif approval.by == "forge" and not approval.review_id:
            found.append(f"{about} names no review")
        else:
            valid.append(approval)
    needs = signers.approvals
    if needs.by == "none" or exempt(parent, release, changes, window):
        return found
    missing = missing_approvals(needs.required, valid, release.plan_digest, None)
    if release.op == "signers":
        missing = max(missing, signers.quorum - 1 - len({a.principal for a in valid}))
    if missing > 0:
        found.append(f"{missing} approvals are missing")
    return found


def _approval_signed(approval: Approval, signers: Signers, check: Check) -> bool:
    return read(approval.signature or "", approval.plan_digest, approval.principal, signers, check) is not None


def exempt(parent: View, release: Release, changes: list[PathChange], window: timedelta) -> bool:
    """Whether a release needs no approval: it follows from one, stops one, or is an emergency's way back."""
    if release.op in WITHOUT_APPROVAL:
        return True
    if release.op == "safe_mode":
        return release.step.startswith("on ")
    if release.op != "rollback" or parent.release is None:
        return False
    before = parent.release
    safe = set(before.stable.items())
    safe |= {(f.subject, f.version) for f in before.former if release.time - f.until <= window}
    for pins in parent.at(parent.commit or "").pins_of_blobs(c.new for c in changes if c.new).values():
        wanted = [(f"policies/{n}", v) for n, v in pins.policies.items()]
        wanted += [(f"providers/{n}", v) for n, v in pins.providers.items()]
        wanted += [("flags", pins.flags)] if pins.flags is not None else []
        old = parent.pins_of_blobs(c.old for c in changes if c.old).values()
        kept = {(s, p.get(s)) for p in old for s, _ in wanted}
        if any(w not in safe and w not in kept for w in wanted):
            return False
    return True


def future(release: Release, now: datetime) -> bool:
    """Whether a release is dated more than five minutes after `now`."""
    return release.time - now > timedelta(minutes=5)
