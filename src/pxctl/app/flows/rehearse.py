"""Which kind of run `pxctl simulate` was asked for, and that run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pxctl.app.flows.rehearsal import measured_signals
from pxctl.app.flows.simulate import Traffic, pairs, replay_trace
from pxctl.core.errors import UsageError
from pxctl.model.comparison import Comparison, OutcomeReport, SimulationSet
from pxctl.model.replay import ReplayReport

Result = ReplayReport | SimulationSet | Comparison | OutcomeReport


@dataclass(frozen=True)
class Asked:
    """The command's words, as given."""

    root: Path
    trace: Path | None
    preset: str | None
    columns: list[str]
    shares: list[str]
    seed: int
    rev: str | None
    environment: str | None
    policy: str | None
    scenarios: list[str]
    every: bool
    faults: list[str]
    behave: bool
    error_rate: float
    workers: int
    against: str | None
    outcomes: Path | None
    models: list[str]
    names: list[str]
    signals: str | None = None

    def traffic(self) -> Traffic | None:
        """The trace and how to read it. Raises UsageError."""
        if self.trace is None:
            return None
        return Traffic(self.trace, self.preset, pairs(self.columns, "--column"), pairs(self.shares, "--set"), self.seed)

    @staticmethod
    def succeeded(value: Result) -> bool:
        """Whether every expectation held, every fault was met by a request, and something was judged at all."""
        if isinstance(value, Comparison):
            return not value.unmet
        runs = value.runs if isinstance(value, SimulationSet) else (value,) if isinstance(value, ReplayReport) else ()
        return all(run.ok and run.totals.requests > 0 for run in runs)


def run(asked: Asked, progress: Callable[[int], None]) -> Result:
    """Run what was asked. Raises UsageError where the words do not go together."""
    traffic = asked.traffic()
    scenarios = bool(asked.scenarios or asked.every)
    if scenarios + bool(asked.against) + bool(asked.outcomes) > 1:
        raise UsageError("--scenario, --against and --outcomes are three different runs", hint="pick one of them")
    if not (scenarios or asked.against or asked.outcomes or asked.behave):
        if traffic is None:
            raise UsageError("no traffic", hint="name a trace")
        return replay_trace(
            asked.root, traffic, rev=asked.rev, policy=asked.policy, environment=asked.environment,
            measured=measured_signals(asked.root, asked.signals), workers=asked.workers, progress=progress,
        )  # fmt: skip
    return _staged(asked, traffic, scenarios, progress)


def _staged(asked: Asked, traffic: Traffic | None, scenarios: bool, progress: Callable[[int], None]) -> Result:
    from pxctl.app.flows.outcomes import evaluate_outcomes
    from pxctl.app.flows.scenarios import chosen_scenarios, run_against, run_scenarios, run_with_faults, stage_of
    from pxctl.replay.faults import parse_fault

    faults = tuple(parse_fault(text) for text in asked.faults)
    stage = stage_of(
        asked.root, rev=asked.rev, environment=asked.environment, error_rate=asked.error_rate,
        measured=measured_signals(asked.root, asked.signals),
    )  # fmt: skip
    if scenarios:
        if faults:
            raise UsageError("a scenario has faults of its own", hint="leave --fault out, or --scenario")
        chosen = chosen_scenarios(stage.config, asked.scenarios, asked.every)
        return run_scenarios(
            stage, chosen, traffic=traffic, policy=asked.policy, workers=asked.workers, progress=progress
        )
    if asked.outcomes is not None:
        return evaluate_outcomes(
            stage, asked.outcomes, traffic=traffic, seed=asked.seed, models=tuple(asked.models),
            names=pairs(asked.names, "--is"), policy=asked.policy,
        )  # fmt: skip
    if traffic is None:
        raise UsageError("no traffic", hint="name a trace")
    if asked.against is not None:
        policies = (asked.policy or "default", asked.against)
        return run_against(stage, traffic, policies, faults, progress=progress)
    return run_with_faults(stage, traffic, faults, policy=asked.policy, progress=progress)
