"""Promote: one rollout, or every rollout that is due, once its gates were judged.

Unattended (`--if-ready`), gates decide: a failed one ends the rollout at once, also while it waits or is paused; when
the wait is over, it goes on if all passed, waits while a metric is still being measured, and pauses otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pxctl.app.flows.approvals import approvals_for
from pxctl.app.flows.gates import plan_of, step_gates
from pxctl.app.flows.release import Desk, release
from pxctl.core.errors import UsageError
from pxctl.model.live import ReleaseResult
from pxctl.model.release import Approval, GateResult, RolloutState
from pxctl.release.draft import Setting, current
from pxctl.release.engine import Terms
from pxctl.release.gates_override import overruled
from pxctl.release.gates_verdict import move_of
from pxctl.release.rollout import ACTIVE, latest
from pxctl.release.steps import Abort, Pause, Promote, due_at, find
from pxctl.release.view import View


def promote_rollouts(
    desk: Desk, subject: str | None, *, full: bool, if_ready: bool, reason: str, dry_run: bool,
    overrides: tuple[str, ...] = (),
) -> list[ReleaseResult]:  # fmt: skip
    """Promote the rollout that is meant; with `if_ready` and no subject, each one that is due.

    `overrides` names gates that do not hold and that the person answers for; unattended there is no such person.
    """
    if if_ready and overrides:
        raise UsageError("--if-ready overrides no gate", hint="a person does: `pxctl promote --override GATE`")
    view = desk.branch.view(desk.branch.tip())
    record = current(view, Setting(desk.environment, desk.config.project, desk.config.tenants, desk.clock.now()))
    if not if_ready:
        last = latest(record, subject) if subject is not None else None
        if full and last is not None and last.state == "done":  # the same command again
            done = Promote(last.subject, full=True, from_step=-1)
            return [release(desk, done, dry_run=dry_run)]
        state = find(record, subject)
        intent = Promote(state.subject, full=full, reason=reason, from_step=state.step)
        gates = _gates(desk, view, state, intent) if state.state == "running" else ()
        if overrides and gates:
            gates = overruled(gates, overrides, reason, desk.settings.override)
            intent = replace(intent, overridden=gates, by=_who(desk, view))
        return [release(desk, intent, Terms(gates=gates), dry_run=dry_run)]
    states = [s for s in record.rollouts if s.state in ACTIVE and subject in (None, s.subject)]
    return [_unattended(desk, view, state, full, reason, dry_run) for state in states]


def _unattended(
    desk: Desk, view: View, state: RolloutState, full: bool, reason: str, dry_run: bool
) -> ReleaseResult:  # fmt: skip
    intent = Promote(state.subject, full=full, if_ready=True, reason=reason, from_step=state.step)
    gates = _gates(desk, view, state, intent)
    due = state.state == "running" and desk.clock.now() >= due_at(state, plan_of(desk, state))
    move = move_of(gates, due)
    if move == "abort":
        return release(
            desk, Abort(state.subject, _why(gates, "failed")), Terms(gates=gates, emergency=True), dry_run=dry_run
        )
    if move == "pause":
        pause = Pause(state.subject, _why(gates, "inconclusive"))
        return release(desk, pause, Terms(gates=gates, emergency=True), dry_run=dry_run)
    if move == "wait" and due:
        planned = release(desk, intent, Terms(gates=gates), dry_run=True)
        return planned.model_copy(update={"status": "unchanged", "why": _why(gates, "inconclusive")})
    return release(desk, intent, Terms(gates=gates), dry_run=dry_run)


def _gates(desk: Desk, view: View, state: RolloutState, intent: Promote) -> tuple[GateResult, ...]:
    """The step's gates; a gate that wants approvals is told which plan they must be for."""
    digest: str | None = None
    approvals: Callable[[str], tuple[Approval, ...]] | None = None
    steps = plan_of(desk, state).steps
    gates = (*desk.config.project.environments[desk.environment].gates, *steps[min(state.step, len(steps) - 1)].gates)
    if any(gate.kind == "approvals" for gate in gates) and state.state == "running":
        digest = release(desk, Promote(state.subject, full=intent.full), dry_run=True).plan.digest

        def approvals(plan: str) -> tuple[Approval, ...]:
            return approvals_for(desk, view.signers, plan, state.request or "", None)

    return step_gates(desk, view, state, digest=digest, approvals=approvals)


def _why(gates: tuple[GateResult, ...], verdict: str) -> str:
    bad = [g for g in gates if g.verdict == verdict]
    return "; ".join(f"gate {g.name or g.kind} {verdict}: {g.detail}" for g in bad)


def _who(desk: Desk, view: View) -> str:
    """Who answers for an override: the signer, or the git identity where nothing is signed."""
    signer = view.signers.of_key(desk.key.public) if desk.key is not None else None
    return signer.principal if signer is not None else desk.actor.email


def stopped(results: list[ReleaseResult]) -> bool:
    """Whether gates ended or paused a rollout."""
    return any(result.plan.op in ("abort", "pause") and result.status != "unchanged" for result in results)
