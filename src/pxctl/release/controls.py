"""Releases that move no pins: safe mode, signers, the credential that is live, versions that leave the tip, repair."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pxctl.core.clock import to_text
from pxctl.core.errors import RefusedError, UsageError
from pxctl.model.base import duration_ms
from pxctl.model.release import Permission, Principal, SafeModeFile, Signers
from pxctl.release import documents
from pxctl.release.documents import encode_model
from pxctl.release.draft import Draft, Setting, current
from pxctl.release.view import View


@dataclass(frozen=True)
class SafeModeSwitch:
    """Safe mode on or off: for the environment (neither is named), business lines, or tenants."""

    on: bool
    business_lines: frozenset[str] = frozenset()
    tenants: frozenset[str] = frozenset()
    reason: str = ""
    permission: Permission = field(default="safe_mode", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """The new `safe-mode.yaml`."""
        release, now = current(view, setting), view.safe_mode
        # what left the roster can still be switched off
        unknown = self.business_lines - {t.business_line for t in setting.roster.values()} - set(now.business_lines)
        unknown |= self.tenants - set(setting.roster) - set(now.tenants)
        if unknown:
            names = ", ".join(f"`{u}`" for u in sorted(unknown))
            raise UsageError(f"the roster has no {names}", hint="see tenants/*.yaml")
        whole = not self.business_lines and not self.tenants
        lines, tenants = set(now.business_lines), set(now.tenants)
        if self.on:
            lines, tenants = lines | self.business_lines, tenants | self.tenants
        elif whole:
            lines, tenants = set(), set()
        else:
            lines, tenants = lines - self.business_lines, tenants - self.tenants
        new = now.model_copy(
            update={
                "environment": self.on if whole else now.environment,
                "business_lines": tuple(sorted(lines)),
                "tenants": tuple(sorted(tenants)),
            }
        )
        where = ", ".join(sorted(self.business_lines | self.tenants)) or "everybody"
        step = f"{'on' if self.on else 'off'} for {where}"
        draft = Draft(op="safe_mode", release=release, step=step)
        draft.set(reason=self.reason, step=step)
        still = "" if self.on else self._still(new, setting)
        if new == now:
            draft.unchanged = still or f"safe mode is {step} already"
        else:
            draft.files[documents.SAFE_MODE] = encode_model(new)
            draft.warnings += [still] if still else []
        return draft

    def _still(self, new: SafeModeFile, setting: Setting) -> str:
        """What keeps safe mode on for those for whom it is switched off."""
        if new.environment:
            return f"safe mode stays on for the whole environment: pxctl safe-mode off --env {setting.name}"
        mine = {setting.roster[name].business_line for name in self.tenants if name in setting.roster}
        lines = sorted(mine & set(new.business_lines))
        return f"safe mode stays on for the business line {', '.join(lines)}" if lines else ""


@dataclass(frozen=True)
class SignersChange:
    """Add a principal (or replace one by the same name), revoke one, or change what releases need."""

    add: Principal | None = None
    revoke: str | None = None
    approvals: tuple[Literal["none", "forge", "signature"], int] | None = None
    quorum: int | None = None
    reason: str = ""
    permission: Permission = field(default="signers", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """The new `signers.yaml`; revoking is removing."""
        release, now = current(view, setting), view.signers
        people = {p.principal: p for p in now.signers}
        step = "approvals"
        if self.add is not None:
            _refuse_shared_keys(people, self.add)
            people[self.add.principal] = self.add
            step = f"add {self.add.principal}"
        if self.revoke is not None:
            if self.revoke not in people:
                raise UsageError(f"`{self.revoke}` is no signer here", hint="see `pxctl signers list`")
            del people[self.revoke]
            step = f"revoke {self.revoke}"
        update: dict[str, object] = {"signers": tuple(people[name] for name in sorted(people))}
        if self.approvals is not None:
            update["approvals"] = now.approvals.model_copy(
                update={"by": self.approvals[0], "required": self.approvals[1]}
            )
        if self.quorum is not None:
            update["quorum"] = self.quorum
        new = now.model_copy(update=update)
        _refuse_locked_out(new)
        draft = Draft(op="signers", release=release, step=step)
        if stuck := _stuck(new):
            if new.approvals.by != "forge":
                raise RefusedError(stuck, hint="add another one first: pxctl signers add WHO --public-key FILE")
            draft.warnings.append(stuck)
        draft.set(reason=self.reason, step=step)
        if new == now:
            draft.unchanged = "the signers are so already"
        else:
            draft.files[documents.SIGNERS] = encode_model(new)
        return draft


def _refuse_shared_keys(people: dict[str, Principal], new: Principal) -> None:
    for key in new.keys:
        owner = Signers(signers=tuple(p for n, p in people.items() if n != new.principal)).of_key(key)
        if owner is not None:
            raise RefusedError(
                f"that key belongs to `{owner.principal}` already",
                hint="one key, one person: people are counted, not keys",
            )


def _refuse_locked_out(new: Signers) -> None:
    if not new.signers:
        return
    able = [p for p in new.signers if "signers" in p.may and p.keys]
    if len(able) < new.quorum:
        raise RefusedError(
            f"only {len(able)} of the signers left could change signers again, and {new.quorum} must agree",
            hint="add another one first",
        )
    approvers = [p for p in new.signers if "approve" in p.may and not p.bot]
    if new.approvals.by != "none" and len(approvers) < new.approvals.required:
        raise RefusedError(f"{new.approvals.required} approvals would be needed, but only {len(approvers)} may approve")


def _stuck(new: Signers) -> str:
    """Why nobody could change these signers again: no request asks for that, so others agree to it by signature."""
    needed = max(new.approvals.required if new.approvals.by != "none" else 0, new.quorum - 1)
    able = {p.principal for p in new.signers if "signers" in p.may and p.keys}
    others = {p.principal for p in new.signers if "approve" in p.may and p.keys and not p.bot}
    if not new.signers or any(len(others - {name}) >= needed for name in able):
        return ""
    return (
        f"after this nobody could change the signers again: besides whoever does it, {needed} must agree who may "
        "approve and have a key"
    )


@dataclass(frozen=True)
class CredentialLive:
    """Which credential version of a provider is live from now on."""

    provider: str
    version: str
    touched_by: str
    touched_at: datetime
    name: str = "api_key"
    reason: str = ""
    permission: Permission = field(default="rotate", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """The new `credentials/<provider>.yaml`."""
        from pxctl.load.writer import dump_yaml

        release = current(view, setting)
        path = f"credentials/{self.provider}.yaml"
        old = view.read(path)
        value = documents.decode(old) if old else {}
        value[self.name] = {
            "version": self.version, "touched_by": self.touched_by, "touched_at": to_text(self.touched_at),
        }  # fmt: skip
        step = f"{self.provider} {self.name} at {self.version}"
        draft = Draft(op="credential", release=release, step=step)
        draft.files[path] = dump_yaml({name: value[name] for name in sorted(value)}).encode()
        draft.set(reason=self.reason, step=step)
        return draft


@dataclass(frozen=True)
class Tidy:
    """Versions that nobody pins leave the tip once the rollback window has passed; history keeps them."""

    reason: str = ""
    permission: Permission = field(default="publish", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """Remove version files that no pin, no rollout and no reachable rollback needs."""
        release = current(view, setting)
        window = timedelta(milliseconds=duration_ms(setting.environment.rollback_window))
        kept = {(s, n) for s, n in release.stable.items()}
        kept |= {(r.subject, r.version) for r in release.rollouts}
        # what a finished rollout came after is reached inside the window alone: `former` holds it so long
        kept |= {(r.subject, r.previous) for r in release.rollouts if r.previous is not None and r.state != "done"}
        kept |= {(f.subject, f.version) for f in release.former if setting.now - f.until <= window}
        for pins in view.pins_of_blobs(view.pins_blobs().values()).values():
            kept |= {(f"policies/{name}", n) for name, n in pins.policies.items()}
            kept |= {(f"providers/{name}", n) for name, n in pins.providers.items()}
            kept |= {("flags", pins.flags)} if pins.flags is not None else set()
        draft = Draft(op="migrate", release=release)
        for kind in ("policies", "providers", "flags"):
            for stem, ids in view.versions(kind).items():
                subject = kind if kind == "flags" else f"{kind}/{stem}"
                for number in ids:
                    if (subject, number) not in kept:
                        draft.files[f"versions/{kind}/{stem}@{number}.yaml"] = None
        draft.step = f"{len(draft.files)} versions leave the tip"
        draft.set(
            reason=self.reason,
            step=draft.step,
            former=tuple(f for f in release.former if setting.now - f.until <= window),
        )
        if not draft.files:
            draft.unchanged = "every version at the tip is still needed"
        return draft


@dataclass(frozen=True)
class Skip:
    """Record that a request had nothing left to do, so that it is never taken up again, whatever happens later."""

    path: str
    why: str
    permission: Permission = field(default="publish", init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """The same payload, and the same of everything else."""
        draft = Draft(op="skip", release=current(view, setting), step=f"{self.path}: {self.why}")
        draft.set(reason="")
        return draft


@dataclass(frozen=True)
class Repair:
    """Put the tree of the last good release on top of commits that are no releases, and name them."""

    good: str
    foreign: tuple[str, ...]
    reason: str = ""
    permission: Permission = field(default="publish", init=False)
    repairs: bool = field(default=True, init=False)

    def draft(self, view: View, setting: Setting) -> Draft:
        """The last good release's payload again."""
        good = view.at(self.good)
        release = current(good, setting)
        many = f"{len(self.foreign)} commit{'' if len(self.foreign) == 1 else 's'} undone"
        draft = Draft(op="repair", release=release, step=many, onto=self.good)
        if not self.foreign:
            draft.unchanged = "the tip is a release; there is nothing to repair"
            return draft
        mine, theirs = _files(view), _files(good)
        draft.files = {
            path: theirs.get(path) for path in mine.keys() | theirs.keys() if mine.get(path) != theirs.get(path)
        }
        draft.set(reason=self.reason, step=draft.step, repairs=self.foreign)
        return draft


def _files(view: View, prefix: str = "") -> dict[str, str]:
    from pxctl.release.objects import TREE_MODE

    found: dict[str, str] = {}
    for name, entry in view.folder(prefix.rstrip("/")).items():
        path = prefix + name
        if path in documents.OUTSIDE_PAYLOAD:
            continue
        if entry.mode == TREE_MODE:
            found.update(_files(view, path + "/"))
        else:
            found[path] = entry.id
    return found
