"""What a releasing command did, or would do, in words for somebody who was woken up."""

from __future__ import annotations

from pxctl.model.live import ReleaseResult
from pxctl.model.release import Approval, GateResult, ReleasePlan, RolloutState
from pxctl.report.text import Table, listing, moment, plural

_DONE = {
    "released": ("released", "bold green"),
    "recovered": ("was released already", "bold green"),
    "planned": ("a plan, nothing was changed", "bold yellow"),
    "unchanged": ("nothing to do", "bold"),
}


def release_text(result: ReleaseResult) -> list[Table | str | tuple[str, str]]:
    """The plan, then what came of it and what to do next."""
    parts: list[Table | str | tuple[str, str]] = [headline(result.plan)]
    if result.status != "unchanged":
        parts.append(Table(("", ""), _facts(result)))
    word, style = _DONE[result.status]
    where = f": {result.environment} #{result.seq}" if result.seq is not None and result.status != "unchanged" else ""
    commit = f" (commit {result.commit[:12]})" if result.commit and where else ""
    why = f": {result.why}" if result.why else ""
    parts += ["", (f"{word}{where}{commit}{why}", style)]
    hint = next_step(result)
    if hint:
        parts.append(hint)
    return parts


def headline(plan: ReleasePlan) -> str:
    """`production: publish policies/default@12, canary`."""
    return f"{plan.environment}: {deed(plan.op, plan.subject, plan.version, plan.step)}"


def deed(op: str, subject: str | None, version: int | None, step: str) -> str:
    """What a release does: `publish policies/default@12, canary`, `rollback policies/default to @11`."""
    if op == "rollback" and step:
        return f"rollback {step}"
    if op == "skip":
        return f"skip {step}"
    if op == "publish" and step == "withdrawn":
        return f"withdraw {subject}"
    what = op.replace("_", " ")
    if subject:
        what += f" {subject}" + (f"@{version}" if version is not None else "")
    return f"{what}, {step}" if step and step != subject else what


def _facts(result: ReleaseResult) -> list[tuple[str, str]]:
    plan = result.plan
    total = len(plan.moved) + plan.stays
    rows = [("  who changes", f"{len(plan.moved)} of {plural(total, 'tenant')}" + _names(plan.moved))]
    if result.rollout is not None and plan.op in ("publish", "promote", "retry"):
        rows.append(("  rollout", rollout_line(result.rollout)))
    files = [c for c in plan.changes if not c.path.startswith(("tenants/", "tombstones/"))]
    if files:
        rows.append(("  files", listing(f"{_sign(c.old, c.new)} {c.path}" for c in files)))
    if result.impact:
        rows.append(("  decisions", result.impact))
    for gate in plan.gates:
        word = "overridden" if gate.overridden is not None else gate.verdict
        rows.append((f"  gate {word}", f"{gate.name or gate.kind}: {gate.detail}"))
    if plan.approvals_missing:
        rows.append(("  approvals", f"{plan.approvals_missing} still missing"))
    rows += [("  note", warning) for warning in plan.warnings]
    rows.append(("  plan", plan.digest))
    return rows


def gate_line(gate: GateResult) -> str:
    """`errors: passed`, or `errors: inconclusive (no samples), overridden: Prometheus is gone`."""
    said = f"{gate.name or gate.kind}: {gate.verdict}"
    return said if gate.overridden is None else f"{said} ({gate.detail}), overridden: {gate.overridden}"


def _names(moved: tuple[str, ...]) -> str:
    return f": {listing(moved)}" if moved else ""


def _sign(old: str | None, new: str | None) -> str:
    return "+" if old is None else "-" if new is None else "~"


def rollout_line(state: RolloutState) -> str:
    """`step 2 of 4, canary, running since 2026-11-01 10:00:00Z`."""
    who = "" if state.selection == "everyone" else " of a selection"
    return f"step {state.step + 1} of {state.steps}, {state.label}{who}, {state.state} since {moment(state.since)}"


def next_step(result: ReleaseResult) -> str | None:
    """The command that comes next."""
    plan, state = result.plan, result.rollout
    if result.status == "planned" and result.why:
        return None
    if result.status == "planned":
        return "make it so: the same command without --dry-run"
    if state is None or result.status == "unchanged":
        return None
    name = subject_option(state.subject)
    if state.state == "running":
        return (
            f"next: pxctl promote --env {plan.environment} {name}    back: pxctl abort --env {plan.environment} {name}"
        )
    if plan.op in ("publish", "promote") and state.state == "done":
        return f"back: pxctl rollback --env {plan.environment} {name} --reason WHY"
    if state.state == "paused":
        return f"next: pxctl retry --env {plan.environment} {name}"
    return None


def subject_option(subject: str) -> str:
    """A subject as the option that names it: `--policy default`."""
    kind, _, name = subject.partition("/")
    return {"policies": f"--policy {name}", "providers": f"--provider {name}"}.get(kind, f"--{kind}")


def results_text(
    results: list[ReleaseResult], nothing: str = "nothing to do: no rollout is on its way"
) -> list[Table | str | tuple[str, str]]:
    """Several results, one after the other."""
    if not results:
        return [nothing]
    parts: list[Table | str | tuple[str, str]] = []
    for result in results:
        parts += [*([""] if parts else []), *release_text(result)]
    return parts


def approval_text(approval: Approval) -> list[str]:
    """What was signed."""
    return [f"{approval.principal} agrees to {approval.plan_digest}, {moment(approval.at)}; it counts for 24 hours"]


def plan_markdown(result: ReleaseResult) -> str:
    """The plan as the body of a pull request."""
    plan = result.plan
    lines = [f"### {_escape(headline(plan))}", "", "| | |", "|---|---|"]
    lines += [f"| {_escape(name.strip())} | {_escape(text)} |" for name, text in _facts(result)]
    if len(plan.moved) > 5:
        lines += ["", f"<details><summary>all {plural(len(plan.moved), 'tenant')}</summary>", ""]
        lines += [", ".join(f"`{tenant}`" for tenant in plan.moved), "", "</details>"]
    lines += ["", f"Merging this approves it; `pxctl apply` then makes it so in `{plan.environment}`."]
    return "\n".join(lines)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`").replace("\n", " ")
