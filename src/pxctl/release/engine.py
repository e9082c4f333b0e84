"""From an intent to a release: plan on the tip, write, move the branch; on a lost race, again.

The loop is the only place that moves an environment branch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pxctl.core.clock import Clock
from pxctl.core.errors import GitError, NetworkError, RefusedError, ToolError
from pxctl.model.project import Approvals, Project
from pxctl.model.release import (
    SCHEMA_VERSION,
    Actor,
    Approval,
    GateResult,
    Permission,
    Principal,
    Release,
    ReleasePlan,
    Signers,
)
from pxctl.model.tenant import Tenant
from pxctl.release import documents
from pxctl.release.audit import WITHOUT_APPROVAL, tip_problems
from pxctl.release.branch import Branch
from pxctl.release.compose import compose
from pxctl.release.contention import after_a_loss, after_a_win
from pxctl.release.draft import Draft, Intent, Setting, missing_approvals, plan_of, stale
from pxctl.release.gates_override import require_gates, unmet
from pxctl.release.sign import SigningKey
from pxctl.release.view import View

Status = Literal["planned", "released", "unchanged", "recovered"]


@dataclass(frozen=True)
class World:
    """What a release is made in: project settings, roster, clock, who acts, with which key."""

    project: Project
    roster: Mapping[str, Tenant]
    clock: Clock
    actor: Actor
    key: SigningKey | None = None
    skew_ok: bool = False
    patience: float = 120.0
    """Seconds to go on after lost races."""


@dataclass(frozen=True)
class Outcome:
    """What came of it. `recovered`: an earlier attempt (or somebody with the same plan) had already made it."""

    status: Status
    plan: ReleasePlan
    release: Release | None = None
    commit: str | None = None
    why: str = ""
    attempts: int = 1


@dataclass(frozen=True)
class Terms:
    """What the release has to satisfy, and what it records beside the change."""

    digest: str | None = None
    gates: tuple[GateResult, ...] = ()
    approvals: Callable[[str], tuple[Approval, ...]] | tuple[Approval, ...] = ()
    author: str | None = None
    request: tuple[str, str, str | None] | None = None
    quorum: int = 1
    """How many people must agree, the actor among them (changes of the signers)."""
    emergency: bool = False
    """Rollback inside the window and switching safe mode on need no approval."""


NO_TERMS = Terms()


def make(branch: Branch, intent: Intent, world: World, terms: Terms = NO_TERMS, *, dry_run: bool = False) -> Outcome:
    """Make the release that `intent` asks for, or only plan it.

    Raises RefusedError (stale plan, missing approval, not permitted, not a release), InputError, UsageError, GitError
    and NetworkError; in each case nothing was published, or the message says that this is not known.
    """
    if dry_run:
        return _attempt(branch, intent, world, terms, None, True, 1)[0]
    with branch.turn():
        if branch.remote is not None:  # on one host the turn is a queue
            time.sleep(after_a_win(branch.view(branch.tip(fetch=False)), world.actor, world.clock.now()))
        deadline, attempt, first = time.monotonic() + world.patience, 0, None
        while True:
            attempt += 1
            outcome, first = _attempt(branch, intent, world, terms, first, False, attempt)
            if outcome.status != "planned":
                return outcome
            if time.monotonic() > deadline:
                if branch.blocked:
                    raise GitError(
                        f"`{branch.name}` stays locked: {branch.blocked}",
                        hint="nothing was published; remove that file if no git runs there (`pxctl doctor` looks)",
                    )
                raise RefusedError(
                    f"others kept publishing to `{branch.environment}` for {world.patience:g} s ({attempt} attempts)",
                    hint="nothing was published; run it again",
                )
            time.sleep(after_a_loss(attempt))


def _attempt(
    branch: Branch, intent: Intent, world: World, terms: Terms, first: ReleasePlan | None, dry_run: bool, attempt: int
) -> tuple[Outcome, ReleasePlan]:  # fmt: skip
    tip = branch.tip()
    if first is not None and (found := branch.find_plan(first, tip)):
        return Outcome("recovered", first, branch.view(found).release, found, "it is released already", attempt), first
    view = branch.view(tip)
    refuse_bad_tip(branch, view, intent)
    now = world.clock.now()
    if first is not None and (paths := stale(first, view)):
        raise RefusedError(
            f"stale plan: {len(paths)} of its paths changed meanwhile, such as `{paths[0]}`",
            hint="nothing was published; run it again for a plan on the new state",
        )
    draft = intent.draft(view, Setting(branch.environment, world.project, world.roster, now))
    plan = plan_of(view, draft, branch.environment, terms.gates)
    given = terms.approvals(plan.digest) if callable(terms.approvals) else terms.approvals
    signer = view.signers.of_key(world.key.public) if world.key is not None else None
    # whoever makes the release does not approve it by signature
    approvals = tuple(a for a in given if a.by != "signature" or signer is None or a.principal != signer.principal)
    wanted = view.signers.approvals
    required = required_approvals(draft.op, wanted, terms)
    plan = plan.model_copy(
        update={"approvals_missing": missing_approvals(required, approvals, plan.digest, terms.author)}
    )
    if draft.unchanged:
        return Outcome("unchanged", plan, view.release, tip, draft.unchanged, attempt), plan
    _refuse_stale(plan, terms)
    if dry_run:
        return Outcome("planned", plan, draft.release, tip, "", attempt), plan
    overriding = any(g.overridden is not None for g in terms.gates)
    actor = permitted(view, world, intent.permission, draft, overriding)
    _refuse_unmet(plan, terms, draft, required, wanted.by)
    composed = compose(
        view, draft, plan, actor, now, world.key, terms.gates, approvals, terms.request, world.skew_ok
    )  # fmt: skip
    branch.write(composed.objects)
    moved = branch.advance(tip, composed.commit)
    if moved == "done":
        return Outcome("released", plan, composed.release, composed.commit, "", attempt), plan
    if moved == "unknown":
        return _after_a_cut(branch, plan, attempt), plan
    return Outcome("planned", plan, attempts=attempt), plan


def required_approvals(op: str, wanted: Approvals, terms: Terms) -> int:
    """How many others must agree. What follows from an approved release, or stops one, needs nobody."""
    needed = wanted.required if wanted.by != "none" and op not in WITHOUT_APPROVAL and not terms.emergency else 0
    return max(needed, terms.quorum - 1 if op == "signers" else 0)


def _after_a_cut(branch: Branch, plan: ReleasePlan, attempt: int) -> Outcome:
    try:
        tip = branch.tip()
    except NetworkError as error:
        raise NetworkError(
            f"the connection broke while publishing, and {error.message}: it is not known whether the release exists",
            hint="run the same command again; publishing twice is publishing once",
        ) from None
    found = branch.find_plan(plan, tip)
    if found:
        return Outcome("recovered", plan, branch.view(found).release, found, "the answer was lost, the release was not")
    return Outcome("planned", plan, attempts=attempt)


def refuse_bad_tip(branch: Branch, view: View, intent: Intent) -> None:
    """Refuse to build on a commit that is no valid release. Raises RefusedError."""
    if view.commit is None or getattr(intent, "repairs", False):
        return
    _refuse_newer(view)
    problems = tip_problems(view, branch.environment)
    if problems:
        raise RefusedError(
            f"the tip of `{branch.name}`, {view.commit[:12]}, is not a release: {problems[0]}",
            hint=f"what is live is the release before it; `pxctl env repair {branch.environment}` puts it back on top",
        )


def _refuse_newer(view: View) -> None:
    try:
        release = view.release
    except GitError:
        return
    if release is not None and release.schema_version > SCHEMA_VERSION:
        raise ToolError(
            f"release {release.seq} was written by a newer pxctl (schema {release.schema_version})",
            hint=f"this one reads it and does not write after it; install {release.min_pxctl} or newer",
        )


def _refuse_stale(plan: ReleasePlan, terms: Terms) -> None:
    """Refuse another plan than the one that was agreed to, also in a dry run: that is what it is asked for."""
    if terms.digest is not None and terms.digest != plan.digest:
        raise RefusedError(
            f"stale plan: what was agreed to is {terms.digest[:19]}…, what would happen now is {plan.digest[:19]}…",
            hint=f"the environment changed since; plan it again: pxctl publish --refresh {terms.request[0]}"
            if terms.request
            else "the environment changed since; plan it again, and have that approved",
        )


def _refuse_unmet(plan: ReleasePlan, terms: Terms, draft: Draft, required: int, by: str) -> None:
    if plan.approvals_missing:
        raise RefusedError(
            f"{plan.approvals_missing} of {required} approvals are missing for plan {plan.digest}",
            hint=_how_to_approve(plan, terms, draft, by),
        )
    if draft.op not in ("rollback", "abort", "pause", "safe_mode"):
        bad = [g for g in unmet(terms.gates) if g.kind == "evidence"] if draft.op == "publish" else []
        if bad:
            raise RefusedError(f"{bad[0].name}: {bad[0].detail}", hint="run `pxctl validate` and publish again")
        require_gates(terms.gates)


def _how_to_approve(plan: ReleasePlan, terms: Terms, draft: Draft, by: str) -> str:
    if terms.request is not None:
        signs = f"somebody else signs: pxctl approve {terms.request[0]}"
        return "somebody else reviews its pull request; then run this again" if by == "forge" else signs
    how = f"somebody else signs: pxctl approve {plan.digest} --env {plan.environment}; then the same command again"
    return f"{how}; or ask with --pr and have that reviewed" if draft.op in ("publish", "rollback") else how


def permitted(
    view: View, world: World, permission: Permission, draft: Draft, overriding: bool = False
) -> Actor:  # fmt: skip
    """The actor with the principal whose key signs. Raises RefusedError where that may not release this.

    `overriding`: a gate is replaced by their word, which takes a person who may approve.
    """
    environment = world.project.environments[draft.release.environment]
    if environment.sign == "required" and world.key is None:
        raise RefusedError(
            f"`{draft.release.environment}` takes signed releases only, and no key is configured",
            hint="git config gpg.format ssh; git config user.signingkey FILE; or --key FILE",
        )
    signers = view.signers
    if draft.op == "init":
        data = draft.files[documents.SIGNERS]
        signers = documents.decode_model(Signers, data if isinstance(data, bytes) else b"", documents.SIGNERS)
    if not signers.signers:
        return world.actor
    who: Principal | None = signers.of_key(world.key.public) if world.key else None
    if who is None:
        raise RefusedError(
            "this environment's releases are signed, and "
            + ("your key is not among its signers" if world.key else "no signing key is configured"),
            hint="`pxctl signers list` shows who may; git config user.signingkey FILE, or --key FILE",
        )
    if permission not in who.may:
        raise RefusedError(
            f"`{who.principal}` may not {permission.replace('_', ' ')} here", hint="`pxctl signers list` shows who may"
        )
    if overriding and ("approve" not in who.may or who.bot):
        raise RefusedError(
            f"`{who.principal}` may not override a gate here",
            hint="that takes a person who may publish and approve; `pxctl signers list` shows who may",
        )
    return world.actor.model_copy(update={"principal": who.principal})
