"""Withdraw: a provider is taken from everybody who has it (or from some), so that main may let go of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pxctl.core.errors import RefusedError, UsageError
from pxctl.model.release import Blocked, FormerStable, Permission, Pins
from pxctl.release import documents, rollout
from pxctl.release.draft import Draft, Setting, current
from pxctl.release.publish import chosen
from pxctl.release.rollout import Selection
from pxctl.release.view import View


@dataclass(frozen=True)
class Withdraw:
    """Nobody of a selection has the provider any more; a rollout of it ends in the same release.

    As after a rollback, its versions are blocked for them until `publish --again`.
    """

    subject: str
    selection: Selection = "everyone"
    reason: str = ""
    force: bool = False
    permission: Permission = field(default="publish", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """The pins without it. Refused while a policy of theirs still names it, unless forced."""
        release = current(view, setting)
        kind, _, name = self.subject.partition("/")
        if kind != "providers":
            raise UsageError(f"`{self.subject}` cannot be withdrawn", hint="providers can; of a policy publish another")
        if self.subject not in release.counters:
            raise UsageError(f"`{self.subject}` was never released here", hint="`pxctl status` shows what was")
        if not self.reason:
            raise UsageError("withdrawing a provider needs a reason", hint="add --reason WHY")
        everyone = self.selection == "everyone"
        who = None if everyone else [t.id for t in chosen(view, setting, self.selection)]
        mine = {t: p for t, p in view.pins(who).items() if p.get(self.subject) is not None}
        draft = Draft(op="publish", release=release, subject=self.subject, step="withdrawn")
        running = rollout.active(release, self.subject)
        if not mine and (running is None or not everyone):
            draft.unchanged = f"nobody has {self.subject}"
            return draft
        naming = naming_policies(view, mine.values(), name)
        if naming and not self.force:
            raise RefusedError(
                f"{', '.join(naming)} still name{'s' if len(naming) == 1 else ''} `{name}`, and tenants have that",
                hint="publish policies that do without it first, or say --force",
            )
        draft.warnings += [f"{policy} still names it" for policy in naming]
        draft.move(view, {t: {self.subject: None} for t in mine})
        draft.warnings += [] if everyone or running is None else ["the rollout goes on for the others"]
        versions = {p.get(self.subject) for p in mine.values()} | ({running.version} if everyone and running else set())
        blocked = tuple(
            Blocked(
                subject=self.subject, version=number, since_seq=release.seq + 1, reason=self.reason,
                tenants=None if everyone else tuple(sorted(t for t in mine if mine[t].get(self.subject) == number)),
            )
            for number in sorted(n for n in versions if n is not None)
        )  # fmt: skip
        draft.set(reason=self.reason, step=draft.step, blocked=(*release.blocked, *blocked))
        if everyone:
            self._forget(draft, setting)
        return draft

    def _forget(self, draft: Draft, setting: Setting) -> None:
        """Nothing of it is stable or on its way any more: who joins later does not get it."""
        release = draft.release
        stable, former = dict(release.stable), release.former
        old = stable.pop(self.subject, None)
        if old is not None:
            former = (*former, FormerStable(subject=self.subject, version=old, until=setting.now))
        state, rollouts = rollout.latest(release, self.subject), release.rollouts
        if state is not None and state.state != "aborted":
            if state.state in rollout.ACTIVE:
                draft.warnings.append(f"ends the rollout of {self.subject}@{state.version} at {state.label}")
            gone = state.model_copy(update={"state": "aborted", "since": setting.now, "reason": self.reason})
            rollouts = rollout.with_rollout(release, gone)
        draft.set(stable=stable, former=former, rollouts=rollouts)


def naming_policies(view: View, pins: Iterable[Pins], provider: str) -> list[str]:
    """The policy versions among these pins that name a provider, such as `policies/default@12`."""
    wanted = sorted({(name, number) for p in pins for name, number in p.policies.items()})
    found = []
    for name, number in wanted:
        blobs = view.version_files(f"policies/{name}", number).values()
        texts = {text for blob in blobs for text in _texts(documents.decode(view.blob(blob)))}
        if any(text == provider or text.startswith(f"{provider}/") for text in texts):
            found.append(f"policies/{name}@{number}")
    return found


def _texts(value: Any) -> Iterator[str]:
    """Every text in a document, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
