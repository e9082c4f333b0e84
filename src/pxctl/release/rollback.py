"""Roll back: a release that puts back earlier pins of the named subjects and tenants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from pxctl.core.errors import RefusedError, UsageError
from pxctl.model.base import duration_ms
from pxctl.model.release import Blocked, FormerStable, Permission, Pins, Release
from pxctl.release import rollout
from pxctl.release.draft import Draft, Setting, current
from pxctl.release.view import View


@dataclass(frozen=True)
class Rollback:
    """What is to be put back. `targets`: subject -> version, or None for what was there before.

    Without subjects: those of the last publish; with `to_commit` and no subjects: all of them.
    """

    targets: dict[str, int | None] = field(default_factory=dict)
    tenants: frozenset[str] | None = None
    to_commit: str | None = None
    to_seq: int | None = None
    reason: str = ""
    approved: bool = False
    keep_flags: bool = False
    permission: Permission = field(default="publish", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """The way back, in one release."""
        release = current(view, setting)
        if not self.targets and self.to_commit is None and release.op == "rollback":
            draft = Draft(op="rollback", release=release)
            draft.unchanged = f"release {release.seq} rolled back {release.step}; name what else is to go back"
            return draft
        subjects = subjects_of(release, self.targets, self.to_commit is not None)
        pins = view.pins(self.tenants)
        if self.tenants is not None and len(pins) < len(self.tenants):
            unknown = ", ".join(f"`{t}`" for t in sorted(self.tenants - set(pins)))
            raise UsageError(f"environment `{setting.name}` has no tenant {unknown}", hint="see `pxctl status`")
        moves: dict[str, dict[str, int | None]] = {}
        for subject in subjects:
            for tenant, number in self._back(view, release, subject, pins).items():
                if pins[tenant].get(subject) != number:
                    moves.setdefault(tenant, {})[subject] = number
        self._revoke_flags(view, release, subjects, pins, moves)
        one = subjects[0] if len(subjects) == 1 else None
        draft = Draft(op="rollback", release=release, subject=one, version=self.targets.get(one) if one else None)
        draft.set(reason=self.reason)
        ends = self.tenants is None and any(rollout.active(release, s) for s in subjects)
        if not moves and not ends:
            draft.unchanged = "everybody already has what this would put back"
            return draft
        self._check(view, release, setting, moves)
        draft.move(view, moves)
        self._record(draft, setting, subjects, pins, moves)
        return draft

    def _back(self, view: View, release: Release, subject: str, pins: dict[str, Pins]) -> dict[str, int | None]:
        number = self.targets.get(subject)
        if number is not None:
            if not view.version_files(subject, number):
                raise UsageError(
                    f"{subject}@{number} is not among the versions of this environment",
                    hint=f"there are {', '.join(f'@{n}' for n in view.numbers(subject)) or 'none'}",
                )
            return {t: number for t in pins if pins[t].get(subject) is not None or self.tenants is not None}
        base = self.to_commit
        state = rollout.latest(release, subject)
        if base is None and state is not None:
            base = state.base
        if base is None:
            raise UsageError(
                f"`{subject}` has no earlier release here",
                hint=f"name a version, such as {subject.partition('/')[2] or subject}@N, or a release: --to SEQ; "
                "`pxctl audit log` has both",
            )
        if self.to_commit is not None:
            return _had(view.at(base), subject, pins)
        if state is None:
            return {}
        return _had(view.at(base), subject, [t for t in pins if pins[t].get(subject) == state.version])

    def _revoke_flags(
        self, view: View, release: Release, subjects: Iterable[str], pins: dict[str, Pins],
        moves: dict[str, dict[str, int | None]],
    ) -> None:  # fmt: skip
        if self.keep_flags or "flags" in subjects or not moves:
            return
        for subject in subjects:
            state = rollout.latest(release, subject)
            base = self.to_commit or (state.base if state is not None else None)
            if base is None:
                continue
            for tenant, old in _had(view.at(base), "flags", [t for t in moves if subject in moves[t]]).items():
                if (old or 0) < (pins[tenant].flags or 0):
                    moves[tenant]["flags"] = old

    def _check(self, view: View, release: Release, setting: Setting, moves: dict[str, dict[str, int | None]]) -> None:
        numbers = {(s, n) for wanted in moves.values() for s, n in wanted.items() if n is not None}
        gone = [f"{s}@{n}" for s, n in sorted(numbers) if not view.version_files(s, n)]
        if gone:
            raise RefusedError(
                f"{', '.join(gone)} left the tip; its files are only in history", hint="publish that content from main"
            )
        if view.signers.approvals.by == "none" or self.approved:
            return
        window = timedelta(milliseconds=duration_ms(setting.environment.rollback_window))
        safe = {(s, n) for s, n in release.stable.items()}
        safe |= {(f.subject, f.version) for f in release.former if setting.now - f.until <= window}
        outside = [f"{s}@{n}" for s, n in sorted(numbers - safe)]
        if outside:
            raise RefusedError(
                f"{', '.join(outside)} was not stable within the last {setting.environment.rollback_window}",
                hint="ask for it: the same command with --pr (or --request); once that is approved, `pxctl apply`",
            )

    def _record(
        self, draft: Draft, setting: Setting, subjects: list[str], pins: dict[str, Pins],
        moves: dict[str, dict[str, int | None]],
    ) -> None:  # fmt: skip
        release = draft.release
        seq = release.seq + 1
        blocked, stable, former = list(release.blocked), dict(release.stable), list(release.former)
        rollouts = release.rollouts
        touched = sorted({*subjects, *(s for w in moves.values() for s in w)})
        ended = []
        for subject in touched:
            leaving = {pins[t].get(subject) for t, w in moves.items() if subject in w} - {None}
            arriving = {w[subject] for w in moves.values() if subject in w}
            whole = self.tenants is None
            top = max((n for n in arriving if n is not None), default=0)
            for number in sorted(n for n in leaving if n is not None and n > top):
                who = None if whole else tuple(sorted(t for t in moves if pins[t].get(subject) == number))
                blocked.append(Blocked(subject=subject, version=number, since_seq=seq, reason=self.reason, tenants=who))
            blocked = [b for b in blocked if not (b.subject == subject and b.version in arriving and whole)]
            state = rollout.latest(release, subject)
            if not whole or state is None:
                continue
            if state.state in rollout.ACTIVE or (state.state == "done" and state.version in leaving):
                if state.state in rollout.ACTIVE and not arriving:
                    ended.append(f"{subject}@{state.version} ends at {state.label}")
                aborted = state.model_copy(update={"state": "aborted", "since": setting.now, "reason": self.reason})
                release = release.model_copy(update={"rollouts": rollout.with_rollout(release, aborted)})
                rollouts = release.rollouts
            old = stable.get(subject)
            if len(arriving) == 1 and (first := next(iter(arriving))) is not None and old in leaving:
                stable[subject] = first
                former = [f for f in former if (f.subject, f.version) != (subject, first)]
                if old is not None:
                    former.append(FormerStable(subject=subject, version=old, until=setting.now))
            elif arriving == {None} and old in leaving:
                stable.pop(subject, None)
        moved = [s for s in touched if any(s in w for w in moves.values())]
        names = ", ".join(
            [*(f"{s} to {_numbers(w[s] for w in moves.values() if s in w)}" for s in moved), *ended]
        )  # fmt: skip
        ones = {w[touched[0]] for w in moves.values()} if len(touched) == 1 else set()
        draft.version = next(iter(ones)) if len(ones) == 1 else None
        draft.set(blocked=tuple(blocked), stable=stable, former=tuple(former), rollouts=rollouts, step=names)
        draft.step = names


def _had(before: View, subject: str, tenants: Iterable[str]) -> dict[str, int | None]:
    """What each tenant had at an earlier release; who joined since, gets what was stable then."""
    pins, release = before.pins(tenants), before.release
    stable = release.stable.get(subject) if release is not None else None
    return {t: pins[t].get(subject) if t in pins else stable for t in tenants}


def subjects_of(release: Release, named: Iterable[str], to_release: bool = False) -> list[str]:
    """What a rollback is about: what is named; with a release to go back to everything; else the rollout on its way, or
    the last one that finished. Raises UsageError where there is none, or several are on their way."""
    if chosen := sorted(named):
        unknown = [s for s in chosen if s not in release.counters or s == "roster"]
        if unknown:
            known = ", ".join(f"`{s}`" for s in sorted({*release.counters} - {"roster"})) or "nothing yet"
            raise UsageError(f"`{unknown[0]}` was never released here", hint=f"released: {known}")
        return chosen
    if to_release:
        return sorted({*release.counters} - {"roster"})
    running = [r for r in release.rollouts if r.state in rollout.ACTIVE]
    done = [r for r in release.rollouts if r.state == "done" and r.base is not None]
    found = sorted(running or done, key=lambda r: r.started)
    if not found:
        raise UsageError("there is nothing to roll back", hint="name a version: --policy default@11")
    if len(running) > 1:
        names = ", ".join(f"`{r.subject}`" for r in running)
        raise UsageError(f"several rollouts are on their way: {names}", hint="name one, such as --policy default")
    return [found[-1].subject]


def _numbers(values: Iterable[int | None]) -> str:
    return "/".join("none" if n is None else f"@{n}" for n in sorted(set(values), key=lambda n: n or 0))
