"""The first release of an environment, and tenants that come and go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pxctl.core.errors import RefusedError, UsageError
from pxctl.model.evidence import Evidence
from pxctl.model.release import Permission, Pins, Release, RolloutState, SafeModeFile, Signers
from pxctl.release import documents, rollout
from pxctl.release.documents import encode_json, encode_model, encode_pins
from pxctl.release.draft import Draft, Setting, current
from pxctl.release.publish import Content, number_for
from pxctl.release.view import View, tenant_path, tombstone_path, version_path

SUBJECT = "roster"


@dataclass(frozen=True)
class Init:
    """The root release: the roster, who may sign, and whatever content is adopted as version 1 for everybody."""

    roster: Content
    adopt: Mapping[str, Content] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    signers: Signers = field(default_factory=Signers)
    reason: str = ""
    warnings: tuple[str, ...] = ()
    permission: Permission = field(default="publish", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """Seq 1; nothing to do where the environment exists."""
        if view.commit is not None:
            release = current(view, setting)
            return Draft(op="init", release=release, unchanged=f"`{setting.name}` is at release {release.seq} already")
        release = _blank(setting)
        draft = Draft(op="init", release=release, source=self.roster.source, warnings=list(self.warnings))
        draft.files[documents.SAFE_MODE] = encode_model(SafeModeFile())
        draft.files[documents.SIGNERS] = encode_model(self.signers)
        pins, counters, stable, rollouts = Pins(), {}, {}, []
        for subject, content in sorted({**self.adopt, SUBJECT: self.roster}.items()):
            if not content.files:
                continue
            counters[subject] = 1
            for stem, blob in content.files.items():
                draft.files[version_path(subject, stem, 1)] = blob
            if subject == SUBJECT:
                continue
            pins, stable[subject] = pins.replace(subject, 1), 1
            rollouts.append(
                RolloutState(
                    subject=subject,
                    version=1,
                    step=0,
                    steps=1,
                    label="full",
                    state="done",
                    since=setting.now,
                    started=setting.now,
                    seed=rollout.seed_of(setting.name, subject, 1),
                )
            )
        data = encode_pins(pins)
        for tenant in sorted(setting.roster):
            draft.files[tenant_path(tenant)] = data
            draft.moved.append(tenant)
        for evidence in self.evidence:
            draft.evidence[f"evidence/{evidence.provider}.json"] = encode_json(evidence)
        draft.set(
            counters=counters, stable=stable, rollouts=tuple(rollouts), tenants=len(setting.roster), reason=self.reason,
            step="adopted" if stable else "empty",
        )  # fmt: skip
        draft.step = draft.release.step
        return draft


def _blank(setting: Setting) -> Release:
    from pxctl.core.bucketing import ALGORITHM
    from pxctl.model.release import Actor

    return Release.model_construct(
        environment=setting.name, seq=0, op="init", plan_digest="", actor=Actor(name="", email=""), time=setting.now,
        payload_tree="", bucketing=ALGORITHM,
    )  # fmt: skip


@dataclass(frozen=True)
class RosterChange:
    """Bring the environment's tenants in line with the roster: add the new, remove the gone (with a tombstone)."""

    content: Content
    reason: str = ""
    request: str | None = None
    version: int | None = None
    max_removed: float = 0.2
    force: bool = False
    permission: Permission = field(default="publish", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """New tenants get stable versions, or the one on its way if their bucket is below the running percentage."""
        release = current(view, setting)
        there, wanted = set(view.tenant_ids()), set(setting.roster)
        number, isnew = number_for(view, release, SUBJECT, self.content)
        if self.version is not None and self.version != number:
            raise RefusedError(
                f"the request asks for roster@{self.version}, but this content would be @{number}",
                hint=f"plan it again: pxctl publish --refresh {self.request}",
            )
        draft = Draft(op="roster", release=release, subject=SUBJECT, version=number, source=self.content.source)
        added, removed = sorted(wanted - there), sorted(there - wanted)
        if not added and not removed and not isnew:
            draft.unchanged = "the environment's tenants are those of the roster already"
            return draft
        if len(removed) > max(1, self.max_removed * len(there)) and not self.force:
            raise RefusedError(
                f"this would remove {len(removed)} of {len(there)} tenants",
                hint="if that is meant, say --force --reason WHY",
            )
        if self.force and removed and not self.reason:
            raise UsageError("`--force` needs a reason", hint="add --reason WHY")
        if isnew:
            self._replace_versions(view, draft, number)
        subjects = sorted({*release.counters} - {SUBJECT})
        plans = {r.subject: setting.project.rollout_plan(r.plan) for r in release.rollouts}
        made: dict[tuple[int | None, ...], bytes] = {}
        for id_ in added:
            tenant, exempt = setting.roster[id_], setting.project.exempt_tenants
            numbers = tuple(rollout.version_for_new(release, s, tenant, plans.get(s), exempt) for s in subjects)
            if numbers not in made:
                pins = Pins()
                for subject, n in zip(subjects, numbers, strict=True):
                    pins = pins.replace(subject, n) if n is not None else pins
                made[numbers] = encode_pins(pins)
            draft.files[tenant_path(id_)] = made[numbers]
            if view.blob_id(tombstone_path(id_)) is not None:
                draft.files[tombstone_path(id_)] = None
        stone = f"removed_by: {release.seq + 1}\n".encode()
        for id_ in removed:
            draft.files[tenant_path(id_)] = None
            draft.files[tombstone_path(id_)] = stone
        draft.moved = sorted([*added, *removed])
        draft.step = f"{len(added)} added, {len(removed)} removed"
        draft.set(
            tenants=len(wanted), counters={**release.counters, SUBJECT: max(number, release.counters.get(SUBJECT, 0))},
            reason=self.reason, step=draft.step,
        )  # fmt: skip
        return draft

    def _replace_versions(self, view: View, draft: Draft, number: int) -> None:
        for stem, ids in view.versions(SUBJECT).items():
            for old in ids:
                draft.files[version_path(SUBJECT, stem, old)] = None
        for stem, blob in self.content.files.items():
            draft.files[version_path(SUBJECT, stem, number)] = blob
