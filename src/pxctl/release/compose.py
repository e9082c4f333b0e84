"""A draft becomes a commit: the record, its signature, the tree, the objects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pxctl.core.bucketing import ALGORITHM
from pxctl.core.digest import sha256
from pxctl.core.errors import RefusedError
from pxctl.model.release import MIN_PXCTL, SCHEMA_VERSION, Actor, Approval, GateResult, Release, ReleasePlan
from pxctl.release import documents
from pxctl.release.draft import Draft, ids_of
from pxctl.release.edit import with_changes
from pxctl.release.gates_override import title
from pxctl.release.objects import BLOB_MODE, Entry, NewObject, encode_commit, encode_tree, new_object
from pxctl.release.sign import RELEASE_NAMESPACE, SigningKey
from pxctl.release.view import View, payload_tree

MAX_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True)
class Composed:
    """A release that is ready to be written."""

    commit: str
    release: Release
    objects: tuple[NewObject, ...]


def release_time(now: datetime, parent: datetime | None, skew_ok: bool = False) -> datetime:
    """max(now, parent + 1 ms), in whole milliseconds. Raises RefusedError where the branch is 5 minutes ahead of us."""
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    if parent is None:
        return now
    earliest = parent + timedelta(milliseconds=1)
    if earliest - now > MAX_AHEAD and not skew_ok:
        raise RefusedError(
            f"the last release is dated {parent.isoformat()}, more than 5 minutes ahead of this machine's clock",
            hint="set the clock right; if it is right, --clock-skew-ok releases right after that date",
        )
    return max(now, earliest)


def compose(
    view: View,
    draft: Draft,
    plan: ReleasePlan,
    actor: Actor,
    now: datetime,
    key: SigningKey | None,
    gates: tuple[GateResult, ...] = (),
    approvals: tuple[Approval, ...] = (),
    request: tuple[str, str, str | None] | None = None,
    skew_ok: bool = False,
) -> Composed:
    """The commit for a draft on this view's tip. `request` is (path, blob id, main commit)."""
    base = view.at(draft.onto) if draft.onto else view
    previous = base.release if base.commit else None
    ids = {} if draft.onto else ids_of(draft.files)
    objects: dict[str, NewObject] = {}
    for path, id_ in ids.items():
        value = draft.files[path]
        if isinstance(value, bytes) and id_ is not None and id_ not in objects:
            objects[id_] = NewObject("blob", id_, value)
    evidence = {path: new_object("blob", data) for path, data in draft.evidence.items()}
    root, trees = with_changes(base, {**ids, **{path: item.id for path, item in evidence.items()}})
    source = {p: draft.source for p, i in ids.items() if i is not None and p.startswith("versions/") and draft.source}
    release = draft.release.model_copy(
        update={
            "schema_version": SCHEMA_VERSION,
            "min_pxctl": MIN_PXCTL,
            "environment": plan.environment,
            "seq": (previous.seq if previous else 0) + 1,
            "op": draft.op,
            "subject": draft.subject,
            "version": draft.version,
            "request": request[0] if request else None,
            "request_blob": request[1] if request else None,
            "request_commit": request[2] if request else None,
            "source": source,
            "plan_source": plan.source,
            "plan_digest": plan.digest,
            "planned_on": plan.tip,
            "actor": actor,
            "time": release_time(now, previous.time if previous else None, skew_ok),
            "payload_tree": payload_tree(root),
            "bucketing": ALGORITHM,
            "tenants_moved": len(draft.moved),
            "previous": sha256(base.release_bytes) if base.release_bytes else None,
            "repairs": draft.release.repairs if draft.op == "repair" else (),
            "gates": gates,
            "approvals": approvals,
            "reason": draft.release.reason,
            "step": draft.step,
        }
    )
    data = documents.encode_release(release)
    record = [new_object("blob", data)]
    root[documents.RELEASE] = Entry(BLOB_MODE, record[0].id)
    root.pop(documents.SIGNATURE, None)
    if key is not None:
        record.append(new_object("blob", key.sign(data, RELEASE_NAMESPACE).encode()))
        root[documents.SIGNATURE] = Entry(BLOB_MODE, record[1].id)
    top = new_object("tree", encode_tree(root))
    commit = new_object(
        "commit",
        encode_commit(top.id, view.commit, (actor.name, actor.email), release.time, message(release, plan)),
    )
    return Composed(commit.id, release, (*objects.values(), *evidence.values(), *record, *trees, top, commit))


def message(release: Release, plan: ReleasePlan) -> str:
    """The commit message: what happened in one line, why, and the digest by which the release is found again."""
    what = release.op.replace("_", " ")
    if release.subject:
        what += f" {release.subject}" + (f"@{release.version}" if release.version is not None else "")
    if release.step and release.step != release.subject:
        what += f" ({release.step})"
    lines = [f"{release.environment} #{release.seq}: {what}", ""]
    if release.reason:
        lines += [release.reason, ""]
    for gate in (g for g in release.gates if g.overridden is not None):
        lines += [f"Gate overridden: {title(gate)} ({gate.verdict}: {gate.detail})", ""]
    if plan.moved:
        lines += [f"{len(plan.moved)} of {release.tenants} tenants change", ""]
    lines.append(f"Plan-Digest: {plan.digest}")
    if release.request:
        lines.append(f"Request: {release.request}")
    return "\n".join(lines)
