"""Publish: a subject's content on main becomes a version, and the first step of its rollout happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pxctl.core.errors import RefusedError, UsageError
from pxctl.model.evidence import Evidence
from pxctl.model.project import RolloutPlan
from pxctl.model.release import Blocked, Op, Permission, Release, RolloutState
from pxctl.model.tenant import Tenant
from pxctl.release import rollout
from pxctl.release.documents import encode_json
from pxctl.release.draft import Draft, Setting, current
from pxctl.release.rollout import Selection
from pxctl.release.view import View, version_path


@dataclass(frozen=True)
class Content:
    """What a version consists of: source file name without ending -> the blob in the source commit."""

    files: Mapping[str, str]
    source: str | None


@dataclass(frozen=True)
class Publish:
    """Release a subject's content to a selection of tenants, by a rollout plan."""

    subject: str
    content: Content
    selection: Selection = "everyone"
    plan: str | None = None
    reason: str = ""
    again: bool = False
    supersede: bool = False
    version: int | None = None
    request: str | None = None
    evidence: Evidence | None = None
    retires: bool = False
    """Whether the content disables a provider, or takes its secret away."""
    force: bool = False
    permission: Permission = field(default="publish", init=False)
    op: Op = field(default="publish", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """The version and the first step; nothing to do where that is live already."""
        release = current(view, setting)
        steps = plan_named(setting, self.plan)
        number, isnew = number_for(view, release, self.subject, self.content)
        if self.version is not None and self.version != number:
            raise RefusedError(
                f"the request asks for {self.subject}@{self.version}, but this content would be @{number}",
                hint="somebody published in between; "
                + (f"plan it again: pxctl publish --refresh {self.request}" if self.request else "run it again"),
            )
        draft = Draft(op="publish", release=release, subject=self.subject, version=number, source=self.content.source)
        tenants = chosen(view, setting, self.selection)
        running = rollout.active(release, self.subject)
        if running is not None and running.version == number and running.selection == self.selection:
            draft.unchanged = f"{self.subject}@{number} is already on its way: {running.label}, {running.state}"
            return draft
        self._refuse_blocked(release, number)
        self._refuse_retiring(view)
        pins = view.pins([t.id for t in tenants])
        if not isnew and pins and all(p.get(self.subject) == number for p in pins.values()) and running is None:
            draft.unchanged = f"everybody in the selection already has {self.subject}@{number}"
            return draft
        targets: dict[str, int | None] = {}
        if running is not None:
            if not self.supersede:
                raise RefusedError(
                    f"{self.subject}@{running.version} is being rolled out ({running.label}, {running.state})",
                    hint="finish it with `pxctl promote`, end it with `pxctl abort`, or replace it with --supersede",
                )
            targets = taken_back(view, release, running)
            draft.warnings.append(f"ends the rollout of {self.subject}@{running.version} at {running.label}")
        if isnew:
            for stem, blob in self.content.files.items():
                draft.files[version_path(self.subject, stem, number)] = blob
        if self.evidence is not None:
            draft.evidence[f"evidence/{self.evidence.provider}.json"] = encode_json(self.evidence)
        state = RolloutState(
            subject=self.subject, version=number, previous=release.stable.get(self.subject), plan=self.plan,
            selection=self.selection, step=0, steps=len(steps.steps), label=steps.steps[0].label(), state="running",
            since=setting.now, started=setting.now, request=self.request,
            seed=rollout.seed_of(setting.name, self.subject, number),
            base=running.base if running is not None else view.commit,
            base_seq=running.base_seq if running is not None else release.seq, reason=self.reason,
        )  # fmt: skip
        draft.set(
            counters={**release.counters, self.subject: max(number, release.counters.get(self.subject, 0))},
            blocked=_unblocked(release, self.subject, number) if self.again else release.blocked,
            reason=self.reason,
        )
        enter(view, draft, setting, state, steps, tenants, targets)
        return draft

    def _refuse_retiring(self, view: View) -> None:
        if not self.retires:
            return
        if self.force:
            if not self.reason:
                raise UsageError("`--force` needs a reason", hint="add --reason WHY")
            return
        pinned = sum(p.get(self.subject) is not None for p in view.pins().values())
        if pinned:
            raise RefusedError(
                f"{pinned} tenants have {self.subject}, and this version disables it or takes its secret away",
                hint="take it from them first (`pxctl publish --withdraw`), or say --force --reason WHY",
            )

    def _refuse_blocked(self, release: Release, number: int) -> None:
        block = rollout.is_blocked(release.blocked, self.subject, number)
        if block is None:
            return
        if not self.again:
            raise RefusedError(
                f"{self.subject}@{number} was withdrawn by release {block.since_seq}: {block.reason or 'no reason'}",
                hint="publish it again with --again --reason WHY, or change the file on main",
            )
        if not self.reason:
            raise UsageError("`--again` needs a reason", hint="add --reason WHY")


def plan_named(setting: Setting, name: str | None) -> RolloutPlan:
    """The rollout plan of that name. Raises UsageError."""
    plan = setting.project.rollout_plan(name)
    if plan is None:
        known = ", ".join(f"`{n}`" for n in sorted(setting.project.rollouts)) or "none"
        raise UsageError(f"pxctl.yaml has no rollout `{name}`", hint=f"rollouts there: {known}")
    return plan


def number_for(view: View, release: Release, subject: str, content: Content) -> tuple[int, bool]:
    """The version number of this content, and whether it is a new version: equal blobs are the same version."""
    kind, _, name = subject.partition("/")
    found: dict[int, dict[str, str]] = {}
    for stem, ids in view.versions(kind).items():
        if not name or stem == name:
            for number, blob in ids.items():
                found.setdefault(number, {})[stem] = blob
    same = [number for number, files in found.items() if files == dict(content.files)]
    if same:
        return max(same), False
    if not content.files:
        raise UsageError(f"`{subject}` has no file in the source commit", hint=f"is there a {kind} named `{name}`?")
    return release.counters.get(subject, 0) + 1, True


def chosen(view: View, setting: Setting, selection: Selection) -> list[Tenant]:
    """The tenants of a selection that this environment has. Raises UsageError where a name or the whole is unknown."""
    ids = rollout.chosen_ids(selection, setting.roster)
    if not isinstance(selection, str):
        unknown = sorted(name for name in selection.names if name not in setting.roster)
        if unknown:
            raise UsageError(
                f"no tenant named {', '.join(f'`{t}`' for t in unknown)}", hint="tenants are listed in tenants/*.yaml"
            )
    if not ids:
        raise UsageError("the selection matches no tenant", hint="see tenants/*.yaml for tiers and business lines")
    live = view.pins_blobs(ids)
    if not live:
        raise RefusedError(
            f"none of the {len(ids)} selected tenants is in environment `{setting.name}`",
            hint="release the roster first: pxctl publish --env ENV --roster",
        )
    return [setting.roster[t] for t in sorted(live)]


def taken_back(view: View, release: Release, state: RolloutState) -> dict[str, int | None]:
    """Tenant -> what it had before the rollout, for everybody who has the rollout's version."""
    now = {t: p for t, p in view.pins().items() if p.get(state.subject) == state.version}
    before = view.at(state.base).pins(now) if state.base else {}
    return rollout.back_to(release, state.subject, now, {t: p.get(state.subject) for t, p in before.items()})


def enter(
    view: View,
    draft: Draft,
    setting: Setting,
    state: RolloutState,
    plan: RolloutPlan,
    tenants: list[Tenant],
    targets: Mapping[str, int | None],
) -> None:
    """Make a rollout's step happen in a draft: move whom it reaches, and record where it stands.

    `targets` holds moves that happen in the same release anyway (a superseded rollout's way back).
    """
    release = draft.release
    reached = rollout.reached(plan.steps, state.step, state.seed, tenants, setting.project.exempt_tenants)
    reached -= rollout.held(release.blocked, state.subject, state.version)
    moves: dict[str, dict[str, int | None]] = {t: {state.subject: n} for t, n in targets.items()}
    for tenant in reached:
        moves[tenant] = {state.subject: state.version}
    draft.move(view, moves)
    draft.step = state.label
    stable, former = release.stable, release.former
    if plan.steps[state.step].full:
        state = state.model_copy(update={"state": "done"})
        if state.selection == "everyone":
            stable, former = made_stable(release, setting, state.subject, state.version)
    draft.set(rollouts=rollout.with_rollout(release, state), step=state.label, stable=stable, former=former)


def made_stable(release: Release, setting: Setting, subject: str, number: int) -> tuple[dict[str, int], tuple]:  # type: ignore[type-arg]
    """`stable` and `former` after a version became full for everybody."""
    from pxctl.model.release import FormerStable

    old = release.stable.get(subject)
    former = [f for f in release.former if not (f.subject == subject and f.version == number)]
    if old is not None and old != number:
        former = [f for f in former if not (f.subject == subject and f.version == old)]
        former.append(FormerStable(subject=subject, version=old, until=setting.now))
    return {**release.stable, subject: number}, tuple(former)


def _unblocked(release: Release, subject: str, number: int) -> tuple[Blocked, ...]:
    return tuple(b for b in release.blocked if not (b.subject == subject and b.version == number))
