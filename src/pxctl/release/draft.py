"""A change on its way to a release: what it does to the branch's files, and to the record.

An intent (publish, promote, roll back, ...) drafts against a view; `plan_of` turns the draft into the value that people
and digests see. All of this is pure: the same view, intent and setting give the same draft.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pxctl.core.digest import blob_id, digest
from pxctl.core.errors import RefusedError
from pxctl.model.project import Environment, Project
from pxctl.model.release import Approval, GateResult, Op, PathChange, Permission, Pins, Release, ReleasePlan
from pxctl.model.tenant import Tenant
from pxctl.release.documents import encode_pins
from pxctl.release.view import View, tenant_path


@dataclass(frozen=True)
class Setting:
    """What planning needs to know of the world beside the branch: the environment, the roster, the time."""

    name: str
    project: Project
    roster: Mapping[str, Tenant]
    now: datetime

    @property
    def environment(self) -> Environment:
        """The environment's settings."""
        return self.project.environments[self.name]


@dataclass
class Draft:
    """What a release would do. `files`: path -> new bytes, an id of a blob that git has, or None to remove."""

    op: Op
    release: Release
    subject: str | None = None
    version: int | None = None
    step: str = ""
    source: str | None = None
    files: dict[str, bytes | str | None] = field(default_factory=dict)
    evidence: dict[str, bytes] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    onto: str | None = None
    """The commit whose tree is changed, where that is not the tip's (a repair)."""
    unchanged: str = ""
    """Why there is nothing to do; empty where there is."""

    def set(self, **fields: Any) -> None:
        """Replace fields of the record."""
        self.release = self.release.model_copy(update=fields)

    def move(self, view: View, targets: Mapping[str, Mapping[str, int | None]]) -> None:
        """Move pins: tenant -> subject -> version (None: no version). Tenants that stay as they are are left out."""
        blobs = view.pins_blobs(targets)
        values = view.pins_of_blobs(blobs.values())
        made: dict[tuple[str, tuple[tuple[str, int | None], ...]], tuple[bytes, str]] = {}
        for tenant, wanted in targets.items():
            old = blobs.get(tenant)
            if old is None:
                continue
            key = (old, tuple(wanted.items() if len(wanted) == 1 else sorted(wanted.items())))
            if key not in made:
                pins = values[old]
                for subject, number in wanted.items():
                    pins = pins.replace(subject, number)
                data = encode_pins(pins)
                made[key] = (data, blob_id(data))
            data, new = made[key]
            if new != old:
                self.files[tenant_path(tenant)] = data
                self.moved.append(tenant)


class Intent(Protocol):
    """Somebody's wish, that can be drafted against any tip."""

    @property
    def permission(self) -> Permission:
        """What the signer must be allowed."""
        ...

    def draft(self, view: View, setting: Setting) -> Draft:
        """What it would do. Raises RefusedError, InputError or UsageError with the reason."""
        ...


def current(view: View, setting: Setting) -> Release:
    """The release at the tip. Raises RefusedError where the environment has none yet."""
    if view.release is None:
        raise RefusedError(
            f"environment `{setting.name}` has no releases yet",
            hint=f"make its first one: pxctl env init {setting.name}",
        )
    return view.release


def pins_with(pins: Pins, targets: Mapping[str, int | None]) -> Pins:
    """Pins with several subjects moved."""
    for subject, number in targets.items():
        pins = pins.replace(subject, number)
    return pins


def ids_of(files: Mapping[str, bytes | str | None]) -> dict[str, str | None]:
    """Path -> blob id (None: removed)."""
    ids: dict[int, str] = {}
    result: dict[str, str | None] = {}
    for path, value in files.items():
        if isinstance(value, bytes):
            if id(value) not in ids:
                ids[id(value)] = blob_id(value)
            result[path] = ids[id(value)]
        else:
            result[path] = value
    return result


def blobs_at(view: View, paths: Iterable[str]) -> dict[str, str | None]:
    """Path -> blob id at this commit; the tenants' files are looked up together."""
    tenants = {path: _tenant(path) for path in paths if path.startswith("tenants/")}
    known = view.pins_blobs(tenants.values())
    return {p: known.get(tenants[p]) if p in tenants else view.blob_id(p) for p in paths}


def _tenant(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".yaml")


def changes_of(view: View, files: Mapping[str, str | None]) -> tuple[PathChange, ...]:
    """The sorted changes to the payload, without those that change nothing."""
    old = blobs_at(view, files)
    return tuple(PathChange(path, old[path], files[path]) for path in sorted(files) if old[path] != files[path])


def plan_digest(env: str, op: str, subject: str | None, source: str | None, changes: Iterable[PathChange]) -> str:
    """SHA-256 over the canonical JSON of what is done: environment, op, subject, source, sorted [path, old, new]."""
    return digest({
        "env": env, "op": op, "subject": subject, "source": source,
        "changes": sorted(changes),
    })  # fmt: skip


def plan_of(
    view: View, draft: Draft, environment: str, gates: tuple[GateResult, ...] = (), approvals_missing: int = 0
) -> ReleasePlan:  # fmt: skip
    """The plan that a draft amounts to on this tip."""
    changes = changes_of(view, ids_of(draft.files))
    return ReleasePlan.model_construct(
        environment=environment, op=draft.op, subject=draft.subject, version=draft.version, step=draft.step,
        source=draft.source, tip=view.commit, changes=changes,
        digest=plan_digest(environment, draft.op, draft.subject, draft.source, changes),
        moved=tuple(sorted(draft.moved)), stays=max(draft.release.tenants - len(draft.moved), 0), gates=gates,
        approvals_missing=approvals_missing, warnings=tuple(draft.warnings),
    )  # fmt: skip


def stale(plan: ReleasePlan, view: View) -> list[str]:
    """Paths whose old blob is another one on this tip than when the plan was made."""
    now = blobs_at(view, [c.path for c in plan.changes])
    return [c.path for c in plan.changes if now[c.path] != c.old]


def missing_approvals(required: int, approvals: Iterable[Approval], plan: str, author: str | None) -> int:
    """How many more people must agree; people are counted, not keys, and the author does not count."""
    people = {a.principal for a in approvals if a.plan_digest == plan and a.principal != author}
    return max(required - len(people), 0)
