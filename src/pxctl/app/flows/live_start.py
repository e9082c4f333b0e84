"""Reading an environment, and its first release."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pxctl.app.flows.release import Desk, release
from pxctl.core.clock import from_text
from pxctl.core.errors import NetworkError, UsageError
from pxctl.model.base import duration_ms
from pxctl.model.live import AuditReport, EnvironmentStatus, Figures, ReleaseLog, ReleaseResult, TenantStatus
from pxctl.model.release import Principal, Release, Signers
from pxctl.release.audit import last_good
from pxctl.release.controls import Repair
from pxctl.release.roster import Init
from pxctl.release.view import View


def first_release(
    desk: Desk, *, empty: bool, principal: str | None, unsigned: bool, reason: str, dry_run: bool
) -> ReleaseResult:
    """Make the root release, and trust it on this machine."""
    from pxctl.app.flows.intents import adopted
    from pxctl.release.verify import trust

    content = desk.content("roster")
    adopt, evidence, warnings = adopted(desk, empty)
    signers = Signers()
    if desk.key is not None and not unsigned:
        who = Principal(principal=principal or desk.actor.email, keys=(desk.key.public,))
        signers, wanted = Signers(signers=(who,)), desk.settings.approvals
        if wanted.by != "none" and wanted.required:
            # with one signer nobody else could agree, not even to a second signer: the environment would be stuck
            how = f"pxctl signers approvals --by {wanted.by} --required {wanted.required}"
            why = "approvals are not asked for yet, because nobody else could give them"
            warnings = (*warnings, f"{why}: add signers, then `{how}`")
    elif unsigned:
        desk.__dict__["key"] = None
    intent = Init(content, adopt, evidence, signers, reason, warnings)
    result = release(desk, intent, dry_run=dry_run)
    if result.status == "released" and result.commit:
        trust(desk.branch, result.commit)
    return result


def tip_of(desk: Desk, fetch: bool = True) -> tuple[str | None, str | None]:
    """The branch's tip, and a warning where the remote could not be asked."""
    try:
        return desk.branch.tip(fetch), None
    except NetworkError as error:
        return desk.branch.tip(fetch=False), f"{error.message}; this is what was last read"


def moment(desk: Desk, at: str | None, tip: str | None) -> str | None:
    """The commit that `--at` means: a release's number, or what was live at a time."""
    from pxctl.release.history import at_seq, at_time

    if at is None:
        return tip
    if tip is None:
        raise UsageError(f"`{desk.environment}` has no releases yet")
    number = at.removeprefix("#")
    return at_seq(desk.branch, tip, int(number)) if number.isdigit() else at_time(desk.branch, tip, from_text(at))


def one_status(
    desk: Desk, at: str | None = None, *, fetch: bool = True, drift: bool = False
) -> EnvironmentStatus:  # fmt: skip
    """What is live in one environment; with `drift` its targets are asked what they hold."""
    from pxctl.release.status import environment_status

    tip, warning = tip_of(desk, fetch)
    found = environment_status(desk.branch, moment(desk, at, tip), desk.config.project)
    warnings = [*found.warnings, *([warning] if warning else [])]
    if at is None and tip is not None and not found.problems:
        from pxctl.release.figures import overdue

        warnings += overdue(desk.branch.view(tip), desk.config.providers, desk.clock.now())
    changes: dict[str, object] = {"warnings": tuple(warnings)}
    if at is None and tip is not None and found.targets:
        changes |= _targets(desk, desk.branch.view(tip), drift)
    return found.model_copy(update=changes)


def _targets(desk: Desk, view: View, ask: bool) -> dict[str, object]:
    from pxctl.app.flows.target_memory import statuses

    found: dict[str, object] = {}
    if ask:
        from pxctl.app.flows.drift import drift

        found["drift"] = drift(desk, view.commit)
    return {**found, "target_states": statuses(desk, last_good(view, desk.environment) or view)}


def all_statuses(desks: list[Desk], *, fetch: bool = True) -> list[EnvironmentStatus]:
    """What is live in each environment."""
    return [one_status(desk, fetch=fetch) for desk in desks]


def one_tenant(desk: Desk, tenant: str, at: str | None, *, fetch: bool = True) -> TenantStatus:
    """What one tenant has. Raises UsageError where the environment has no such tenant, or no release."""
    from pxctl.release.status import tenant_status

    commit = moment(desk, at, tip_of(desk, fetch)[0])
    if commit is None:
        raise UsageError(f"`{desk.environment}` has no releases yet", hint=f"pxctl env init {desk.environment}")
    return tenant_status(desk.branch, commit, tenant, desk.config.tenants.get(tenant))


def required_tip(desk: Desk, fetch: bool) -> str:
    """The tip. Raises UsageError where there is none."""
    tip, _ = tip_of(desk, fetch)
    if tip is None:
        raise UsageError(f"`{desk.environment}` has no releases yet", hint=f"pxctl env init {desk.environment}")
    return tip


def release_log(desk: Desk, limit: int | None, *, fetch: bool = True) -> ReleaseLog:
    """The releases, newest first."""
    from pxctl.release.history import commits, log

    tip = required_tip(desk, fetch)
    entries = log(desk.branch, tip, limit)
    more = len(commits(desk.branch, tip)) - len(entries) if limit is not None and len(entries) == limit else 0
    return ReleaseLog(environment=desk.environment, entries=tuple(entries), more=more)


def one_release(desk: Desk, seq: int, *, fetch: bool = True) -> Release:
    """The record of one release."""
    from pxctl.release.draft import Setting, current
    from pxctl.release.history import at_seq

    view = desk.branch.view(at_seq(desk.branch, required_tip(desk, fetch), seq))
    return current(view, Setting(desk.environment, desk.config.project, {}, desk.clock.now()))


def verified(
    desk: Desk, trust_root: str | None, checkpoint: str | None, *, fetch: bool = True,
    step: Callable[[], None] | None = None,
) -> AuditReport:  # fmt: skip
    """The judgement on the whole branch; a branch that stands is the next verification's checkpoint."""
    from pxctl.release.verify import Verification, anchor, remember

    tip = required_tip(desk, fetch)
    window = timedelta(milliseconds=duration_ms(desk.settings.rollback_window))
    walk = Verification(desk.branch, desk.clock.now(), window)
    report = anchor(desk.branch, walk.walk(tip, step), trust_root, checkpoint)
    if not report.failed:
        remember(desk.branch, report)
    return report


def repaired(desk: Desk, reason: str, dry_run: bool) -> ReleaseResult:
    """Put the last good release back on top; nothing to do where the tip is a release."""
    from pxctl.release.audit import tip_problems

    tip = required_tip(desk, True)
    view = desk.branch.view(tip)
    if not tip_problems(view, desk.environment):
        return release(desk, Repair(tip, (), reason), dry_run=dry_run)
    good = last_good(view, desk.environment)
    if good is None or good.commit is None:
        raise UsageError("no commit on the branch is a release", hint="restore the branch from a clone that has it")
    foreign, at = [], tip
    while at != good.commit:
        foreign.append(at)
        at = desk.branch.parent(at) or good.commit
    return release(desk, Repair(good.commit, tuple(reversed(foreign)), reason), dry_run=dry_run)


def figures_of(desk: Desk, *, fetch: bool = True) -> Figures:
    """How the environment is run, from its history."""
    from pxctl.release.figures import figures

    return figures(desk.branch, required_tip(desk, fetch), desk.config.providers, desk.clock.now())
