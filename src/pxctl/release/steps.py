"""What happens to a rollout on its way: promote, pause, retry, abort."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pxctl.core.clock import to_text
from pxctl.core.errors import RefusedError, UsageError
from pxctl.model.base import duration_ms
from pxctl.model.project import RolloutPlan, Step
from pxctl.model.release import GateResult, Permission, Release, RolloutState
from pxctl.release import rollout
from pxctl.release.draft import Draft, Setting, current
from pxctl.release.gates_override import words
from pxctl.release.publish import chosen, enter, plan_named, taken_back
from pxctl.release.view import View


def find(release: Release, subject: str | None, states: tuple[str, ...] = rollout.ACTIVE) -> RolloutState:
    """The rollout that is meant: of the subject, or the only one in these states. Raises RefusedError, UsageError."""
    there = [r for r in release.rollouts if r.state in states and subject in (None, r.subject)]
    if len(there) == 1:
        return there[0]
    if there:
        names = ", ".join(f"`{r.subject}`" for r in there)
        raise UsageError(
            f"several rollouts are {' or '.join(states)}: {names}", hint="name one, such as --policy default"
        )
    about = f"of `{subject}` " if subject else ""
    last = last_of(release, subject)
    hint = "`pxctl status` shows what there is"
    if last is not None:
        hint = f"the last one, {last.subject}@{last.version}, is {last.state}; {hint}"
    raise RefusedError(f"no rollout {about}is {' or '.join(states)}", hint=hint)


def last_of(release: Release, subject: str | None) -> RolloutState | None:
    """The last rollout of a subject, or of all, whatever its state."""
    there = [r for r in release.rollouts if subject in (None, r.subject)]
    return max(there, key=lambda r: r.since, default=None)


def due_at(state: RolloutState, plan: RolloutPlan) -> datetime:
    """When the current step has been waited for."""
    wait = plan.steps[min(state.step, len(plan.steps) - 1)].wait
    return state.since + timedelta(milliseconds=duration_ms(wait) if wait else 0)


def next_gates(state: RolloutState, plan: RolloutPlan) -> Step:
    """The step whose gates must hold before the next one: the current one's."""
    return plan.steps[min(state.step, len(plan.steps) - 1)]


@dataclass(frozen=True)
class Promote:
    """Take a rollout to its next step, or to the last with `full`."""

    subject: str | None = None
    full: bool = False
    if_ready: bool = False
    reason: str = ""
    from_step: int | None = None
    overridden: tuple[GateResult, ...] = ()
    """Gates that the promoting person answers for, and who that is."""
    by: str = ""
    permission: Permission = field(default="publish", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """The next step's moves. With `if_ready`, nothing to do before the wait is over."""
        release = current(view, setting)
        last = rollout.latest(release, self.subject) if self.subject is not None else None
        if last is not None and last.state == "done" and self.from_step not in (None, last.step):
            draft = Draft(op="promote", release=release, subject=last.subject, version=last.version)
            draft.unchanged = f"{last.subject}@{last.version} is already at {last.label}"
            return draft
        state = find(release, self.subject)
        draft = Draft(op="promote", release=release, subject=state.subject, version=state.version)
        if state.state == "paused":
            if self.if_ready:
                draft.unchanged = f"the rollout of {state.subject}@{state.version} is paused"
                return draft
            raise RefusedError(
                f"the rollout of {state.subject}@{state.version} is paused: {state.reason or 'no reason given'}",
                hint="`pxctl retry` resumes it, and promote goes on (--override GATE without a gate); "
                "`pxctl abort` ends it",
            )
        if self.from_step is not None and state.step != self.from_step:
            draft.unchanged = f"{state.subject}@{state.version} is already at {state.label}"
            return draft
        plan = plan_named(setting, state.plan)
        due = due_at(state, plan)
        if setting.now < due:
            if self.if_ready:
                draft.unchanged = f"{state.subject}@{state.version} waits at {state.label} until {to_text(due)}"
                return draft
            draft.warnings.append(f"the wait at {state.label} ends {to_text(due)}; promoting before that")
        if overrides := words(self.overridden, state.label, self.by, setting.now):
            state = state.model_copy(update={"overrides": (*(state.overrides or ()), *overrides)})
        step = len(plan.steps) - 1 if self.full else min(state.step + 1, len(plan.steps) - 1)
        state = state.model_copy(
            update={"step": step, "label": plan.steps[step].label(), "since": setting.now, "steps": len(plan.steps)}
        )
        draft.set(reason=self.reason)
        enter(view, draft, setting, state, plan, chosen(view, setting, state.selection), {})
        return draft


@dataclass(frozen=True)
class Pause:
    """Stop a rollout where it is."""

    subject: str | None = None
    reason: str = ""
    permission: Permission = field(default="publish", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """The same pins; the rollout is paused."""
        release = current(view, setting)
        state = find(release, self.subject)
        draft = Draft(op="pause", release=release, subject=state.subject, version=state.version, step=state.label)
        if state.state == "paused":
            draft.unchanged = f"the rollout of {state.subject}@{state.version} is already paused"
            return draft
        paused = state.model_copy(update={"state": "paused", "reason": self.reason})
        draft.set(rollouts=rollout.with_rollout(release, paused), reason=self.reason, step=state.label)
        return draft


@dataclass(frozen=True)
class Retry:
    """Resume a paused rollout where it stopped, or start an aborted one again from its first step."""

    subject: str | None = None
    reason: str = ""
    permission: Permission = field(default="publish", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """Running again."""
        release = current(view, setting)
        state = find(release, self.subject, ("paused", "aborted"))
        draft = Draft(op="retry", release=release, subject=state.subject, version=state.version, step=state.label)
        draft.set(reason=self.reason)
        if state.state == "paused":
            running = state.model_copy(update={"state": "running", "since": setting.now, "reason": self.reason})
            draft.set(rollouts=rollout.with_rollout(release, running), step=state.label)
            return draft
        block = rollout.is_blocked(release.blocked, state.subject, state.version)
        if block is not None:
            raise RefusedError(
                f"{state.subject}@{state.version} was withdrawn by release {block.since_seq}",
                hint="publish it again with `pxctl publish --again --reason WHY`",
            )
        plan = plan_named(setting, state.plan)
        again = state.model_copy(
            update={
                "state": "running",
                "step": 0,
                "label": plan.steps[0].label(),
                "since": setting.now,
                "base": view.commit,
                "base_seq": release.seq,
                "reason": self.reason,
                "overrides": None,
            }
        )
        enter(view, draft, setting, again, plan, chosen(view, setting, state.selection), {})
        return draft


@dataclass(frozen=True)
class Abort:
    """End a rollout: everybody who has its version goes back to what they had."""

    subject: str | None = None
    reason: str = ""
    permission: Permission = field(default="publish", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """The way back, for those whom the rollout reached; nothing to do where that has happened."""
        release = current(view, setting)
        last = last_of(release, self.subject)
        on_their_way = any(r.state in rollout.ACTIVE and self.subject in (None, r.subject) for r in release.rollouts)
        if last is not None and last.state == "aborted" and not on_their_way:
            draft = Draft(op="abort", release=release, subject=last.subject, version=last.version, step=last.label)
            draft.unchanged = f"the rollout of {last.subject}@{last.version} is aborted already"
            return draft
        state = find(release, self.subject)
        draft = Draft(op="abort", release=release, subject=state.subject, version=state.version, step=state.label)
        targets = taken_back(view, release, state)
        draft.move(view, {t: {state.subject: n} for t, n in targets.items()})
        aborted = state.model_copy(update={"state": "aborted", "since": setting.now, "reason": self.reason})
        draft.set(rollouts=rollout.with_rollout(release, aborted), reason=self.reason, step=state.label)
        return draft
