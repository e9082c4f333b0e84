"""A person's word in place of a gate's: which gates of a step it may replace, and what is recorded of it. Pure.

A gate that says nothing (its source is gone for good) would hold a rollout for ever. Somebody who may publish and
approve lets it go on by naming the gate and giving a reason. What a gate measured as a failure is replaced only where
the environment says `override: failed`; missing approvals never are: they are given, by others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from pxctl.core.errors import InputError, RefusedError, UsageError
from pxctl.model.release import GateOverride, GateResult

Allowed = Literal["never", "inconclusive", "failed"]


def title(gate: GateResult) -> str:
    """How a gate is called: by its name, else by its kind."""
    return gate.name or gate.kind


def overruled(
    gates: Sequence[GateResult], names: Iterable[str], reason: str, allowed: Allowed
) -> tuple[GateResult, ...]:
    """The gates, with those that are named and did not pass marked as overridden.

    Raises UsageError for a gate that is not there and without a reason, RefusedError for one that may not be replaced.
    """
    wanted = tuple(dict.fromkeys(names))
    if wanted and not reason:
        raise UsageError("an override needs a reason", hint="add --reason WHY; it stands in the record")
    for name in wanted:
        mine = [g for g in gates if title(g) == name]
        if not mine:
            known = ", ".join(f"`{title(g)}`" for g in gates) or "none"
            raise UsageError(f"this step waits for no gate `{name}`", hint=f"its gates: {known}")
        for gate in mine:
            _refuse(gate, name, allowed)
    return tuple(
        g.model_copy(update={"overridden": reason}) if title(g) in wanted and g.verdict != "passed" else g
        for g in gates
    )


def _refuse(gate: GateResult, name: str, allowed: Allowed) -> None:
    if gate.verdict == "passed":
        return
    if gate.kind == "approvals":
        raise RefusedError(
            f"approvals are missing, and nobody replaces them: {gate.detail}", hint="`pxctl approve` by somebody else"
        )
    if allowed == "never":
        raise RefusedError("this environment lets nobody override a gate", hint="`override: never` in pxctl.yaml")
    if gate.verdict == "failed" and allowed != "failed":
        raise RefusedError(
            f"gate `{name}` measured a failure: {gate.detail}",
            hint="`pxctl abort` takes the version back; overriding failures takes `override: failed` in pxctl.yaml",
        )


def unmet(gates: Iterable[GateResult]) -> list[GateResult]:
    """The gates that neither passed nor were overridden."""
    return [g for g in gates if g.verdict != "passed" and g.overridden is None]


def require_gates(gates: Iterable[GateResult]) -> None:
    """Refuse to go on where a gate is not met. Raises InputError that names each, and says what can be done."""
    bad = unmet(gates)
    if not bad:
        return
    said = "; ".join(f"{title(g)} {'failed' if g.verdict == 'failed' else 'says nothing'}: {g.detail}" for g in bad)
    hint = "it stays where it is; `pxctl abort` takes the version back"
    if all(g.verdict == "inconclusive" and g.kind != "approvals" for g in bad):
        options = " ".join(f"--override {title(g)!r}" if " " in title(g) else f"--override {title(g)}" for g in bad)
        hint = f"it stays where it is; on your own word: pxctl promote {options} --reason WHY"
    raise InputError(f"gates are not met: {said}", hint=hint)


def words(gates: Iterable[GateResult], step: str, by: str, at: datetime) -> tuple[GateOverride, ...]:
    """What stands in a rollout's record of the gates that were overridden."""
    return tuple(
        GateOverride(
            gate=title(g),
            verdict="failed" if g.verdict == "failed" else "inconclusive",
            detail=g.detail,
            step=step,
            by=by,
            reason=g.overridden,
            at=at,
        )
        for g in gates
        if g.overridden is not None
    )
