"""Gates: what a step waits for, gathered from every room and judged. Results are values; release records them.

`environment.gates` hold for every step, and before the first one (metrics excepted: nothing was served yet); a step's
own gates must hold before the next step. A gate that cannot be judged is inconclusive and says why; it never passes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from pxctl.app.flows.release import FOLDERS, Desk
from pxctl.app.wiring import sound, state_folder
from pxctl.core.errors import ConfigError, PxctlError, UsageError
from pxctl.load.loader import load
from pxctl.load.tree import DictTree, Tree
from pxctl.model.configuration import Configuration
from pxctl.model.project import Gate, RolloutPlan
from pxctl.model.release import Approval, GateResult, RolloutState
from pxctl.release.draft import Setting
from pxctl.release.gates_results import (
    Claim,
    approvals_gate,
    claims_gate,
    decisions_gate,
    lint_gate,
    suites_gate,
)
from pxctl.release.gates_sources import Call, HealthPoint, from_calls, from_health, from_rows, needs_metric
from pxctl.release.gates_verdict import Measurement, judge_metric, result_of
from pxctl.release.publish import plan_named
from pxctl.release.view import View


@dataclass
class Case:
    """What is judged: one version of one subject in one environment, since a moment.

    `files` are the version's files by name without ending; `tree` holds the whole repository with them in it.
    """

    desk: Desk
    subject: str
    tree: Tree
    files: Mapping[str, str]
    before: Tree | None
    since: datetime
    version: int | None = None
    digest: str | None = None
    approvals: Callable[[str], tuple[Approval, ...]] | None = None
    required: int = 0

    @cached_property
    def config(self) -> Configuration:
        """The whole configuration with this version in it. Raises ConfigError."""
        return sound(load(self.tree))

    @property
    def provider(self) -> str | None:
        """The provider, where the subject is one."""
        return self.subject.removeprefix("providers/") if self.subject.startswith("providers/") else None

    @property
    def values(self) -> dict[str, str]:
        """What queries may name."""
        return {
            "environment": self.desk.environment, "subject": self.subject, "version": str(self.version or ""),
            "provider": self.provider or "", "policy": self.subject.partition("/")[2] if self.provider is None else "",
        }  # fmt: skip


def first_gates(desk: Desk, subject: str, files: Mapping[str, str]) -> tuple[GateResult, ...]:
    """The environment's gates before a subject's first step."""
    gates = [
        g for g in desk.config.project.environments[desk.environment].gates if g.kind not in ("metric", "approvals")
    ]
    if not gates:
        return ()
    tip = desk.branch.tip()
    view = desk.branch.view(tip)
    stable = view.release.stable.get(subject) if view.release is not None else None
    before = overlay(desk, view, subject, stable) if stable is not None else None
    return judged(Case(desk, subject, desk.tree, files, before, desk.clock.now()), gates)


def step_gates(
    desk: Desk, view: View, state: RolloutState, *, digest: str | None = None,
    approvals: Callable[[str], tuple[Approval, ...]] | None = None,
) -> tuple[GateResult, ...]:  # fmt: skip
    """The gates that must hold before a rollout's next step: the environment's, and the current step's own."""
    plan = plan_of(desk, state)
    own = plan.steps[min(state.step, len(plan.steps) - 1)].gates
    gates = (*desk.config.project.environments[desk.environment].gates, *own)
    if not gates:
        return ()
    files = view.version_files(state.subject, state.version)
    before = overlay(desk, view, state.subject, state.previous) if state.previous is not None else None
    case = Case(
        desk, state.subject, overlay(desk, view, state.subject, state.version), files, before, state.since,
        state.version, digest, approvals, max(view.signers.approvals.required, 1),
    )  # fmt: skip
    return judged(case, gates)


def plan_of(desk: Desk, state: RolloutState) -> RolloutPlan:
    """The steps of a rollout. Raises RefusedError where pxctl.yaml no longer has them."""
    return plan_named(Setting(desk.environment, desk.config.project, {}, desk.clock.now()), state.plan)


def overlay(desk: Desk, view: View, subject: str, number: int) -> Tree:
    """Main's files with those of one released version of a subject in their place."""
    folder, kind = FOLDERS[subject.partition("/")[0]], subject.partition("/")[0]
    files = {path: desk.tree.read(path) for path in desk.tree.paths()}
    for path in list(files):
        stem = path.removeprefix(folder + "/").rpartition(".")[0]
        if path.startswith(folder + "/") and (kind in ("flags", "roster") or stem == subject.partition("/")[2]):
            del files[path]
    for stem, blob in view.version_files(subject, number).items():
        files[f"{folder}/{stem}.yaml"] = view.blob(blob)
    return DictTree(files, desk.tree.source)


def judged(case: Case, gates: Iterable[Gate]) -> tuple[GateResult, ...]:
    """Each gate's result, in order. What stops a gate from being judged makes it inconclusive."""
    found = []
    for gate in gates:
        try:
            found.append(_KINDS[gate.kind](case, gate))
        except (PxctlError, ValueError) as error:
            said = f"it cannot be judged: {error.message if isinstance(error, PxctlError) else error}"
            found.append(GateResult(kind=gate.kind, name=gate.name or "", verdict="inconclusive", detail=said))
    return tuple(found)


def _metric(case: Case, gate: Gate) -> GateResult:
    source = gate.source or ("prometheus" if gate.query else "file" if gate.file else "signals")
    measured = {"prometheus": _from_prometheus, "signals": _from_signals, "file": _from_file}[source](case, gate)
    return result_of(gate.kind, gate.name or gate.metric or "", judge_metric(measured, gate))


def _from_prometheus(case: Case, gate: Gate) -> list[Measurement]:
    from pxctl.app.flows.credentials import read_base
    from pxctl.release.gates_prometheus import Prometheus

    server = case.desk.config.project.prometheus
    if server is None:
        raise UsageError("pxctl.yaml names no `prometheus`")
    token = None
    if server.credential_ref:
        resolver = read_base(case.desk.root).resolver({"environment": case.desk.environment})
        token = resolver.resolve_for(server.credential_ref, server.url).secret
    prometheus = Prometheus(server.url, token, timeout=server.timeout_ms / 1000)
    try:
        return prometheus.measure(gate, case.since, case.desk.clock.now(), case.values)
    finally:
        prometheus.close()


def _from_signals(case: Case, gate: Gate) -> list[Measurement]:
    from pxctl.signals.store import SignalStore

    metric, now = needs_metric(gate), case.desk.clock.now()
    path = state_folder(case.desk.root) / "signals.db"
    calls: list[Call] = []
    points: list[HealthPoint] = []
    if path.exists():
        with SignalStore(path) as store:
            if metric == "health":
                runs = store.evidence(case.provider, since=case.since)
                points = [HealthPoint(e.finished_at, e.health, sum(r.calls for r in e.results)) for e in runs]
            else:
                calls = [Call(*row) for row in store.calls(case.since, now, provider=case.provider)]
    if metric == "health":
        return from_health(points, case.since, now, gate.interval)
    return from_calls(calls, metric, case.since, now, gate.interval)


def _from_file(case: Case, gate: Gate) -> list[Measurement]:
    if not gate.file:
        raise ConfigError("`file` is missing")
    path = inside(case.desk.root, gate.file)
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"`{gate.file}`: {(error.strerror or 'cannot be read').lower()}") from None
    except ValueError:
        raise ConfigError(f"`{gate.file}` is not JSON") from None
    return from_rows(value, gate.metric, case.since, case.desk.clock.now(), gate.file)


def inside(root: Path, name: str) -> Path:
    """A file of the repository. Raises ConfigError for one outside of it, by `..` or by a link."""
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ConfigError(f"`{name}` is outside the repository")
    return path


def _evidence(case: Case, gate: Gate) -> GateResult:
    name, provider = case.provider, case.config.providers.get(case.provider or "")
    if name is None or provider is None:
        return GateResult(kind="evidence", name=gate.name or "", verdict="passed", detail="the subject is no provider")
    blob = case.files[name]
    evidence = case.desk.evidence(name, blob)
    regions = [endpoint.region for endpoint in provider.endpoints]
    suites = gate.suites or provider.validation.suites
    return suites_gate(evidence, blob, suites, regions, case.desk.clock.now(), gate.name or "")


def _lint(case: Case, gate: Gate) -> GateResult:
    from pxctl.app.flows.lint import lint_tree

    return lint_gate(lint_tree(case.tree), gate.name or "")


def _scenarios(case: Case, gate: Gate) -> GateResult:
    from pxctl.app.flows.scenarios import Stage, chosen_scenarios, run_scenarios

    chosen = chosen_scenarios(case.config, list(gate.scenarios), not gate.scenarios)
    runs = run_scenarios(Stage(case.config, case.tree.source, case.desk.environment), chosen).runs
    claims = []
    for scenario, run in zip(chosen, runs, strict=True):
        bad = "; ".join(f"{h.name}: {h.got}, wanted {h.wanted}" for h in run.expectations if not h.ok)
        holds = run.ok if run.expectations else None
        claims.append(Claim(scenario.name, holds, bad or ("" if run.expectations else "it expects nothing")))
    return claims_gate("scenarios", claims, gate.scenarios, gate.name or "")


def _guarantees(case: Case, gate: Gate) -> GateResult:
    from pxctl.app.flows.flags import evaluate_flags
    from pxctl.policy.compile import compile_config
    from pxctl.policy.proof.claims import judge

    config = case.config
    withheld = evaluate_flags(config, case.desk.environment).withheld
    compiled = compile_config(config, withheld=withheld, source=case.tree.source)
    holds = {"holds": True, "broken": False, "undecided": None}
    found = [judge(compiled, guarantee) for guarantee in config.guarantees]
    claims = [Claim(r.name, holds[r.status], r.message) for r in found if r.status != "vacuous"]
    return claims_gate("guarantees", claims, name=gate.name or "")


def _decisions(case: Case, gate: Gate) -> GateResult:
    from pxctl.app.flows.plan import impact_of
    from pxctl.app.flows.simulate import Traffic
    from pxctl.replay.limits import measure

    if case.before is None:
        detail = "there is no earlier version to compare with"
        return GateResult(kind="decisions", name=gate.name or "", verdict="passed", detail=detail)
    if not gate.file:
        raise ConfigError("`file`, a trace of requests, is missing")
    traffic = Traffic(inside(case.desk.root, gate.file))
    impact = impact_of(sound(load(case.before)), case.config, traffic, environment=case.desk.environment)
    return decisions_gate([measure(text, impact) for text in gate.fail_on], impact.rows, gate.name or "")


def _approvals(case: Case, gate: Gate) -> GateResult:
    if case.digest is None or case.approvals is None:
        raise UsageError("there is no plan yet that somebody could approve")
    return approvals_gate(case.required, case.approvals(case.digest), case.digest, None, gate.name or "")


_KINDS: dict[str, Callable[[Case, Gate], GateResult]] = {
    "metric": _metric, "evidence": _evidence, "lint": _lint, "scenarios": _scenarios, "guarantees": _guarantees,
    "decisions": _decisions, "approvals": _approvals,
}  # fmt: skip
