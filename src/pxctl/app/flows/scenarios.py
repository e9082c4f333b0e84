"""Scenarios, faults and A/B: runs in virtual time, side by side in worker processes where there are several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pxctl.app.flows.rehearsal import rehearse
from pxctl.app.flows.simulate import Traffic, crowd_for, population, recognised, with_policy
from pxctl.app.wiring import load_files, sound
from pxctl.core.errors import UsageError
from pxctl.model.base import duration_ms
from pxctl.model.comparison import Comparison, SimulationSet
from pxctl.model.configuration import Configuration
from pxctl.model.governance import Fault, Scenario
from pxctl.model.replay import ReplayReport
from pxctl.model.signals import Signals

if TYPE_CHECKING:
    from pxctl.replay.faults import Trouble
    from pxctl.replay.population import Crowd
    from pxctl.replay.rows import Block
    from pxctl.replay.simulation import Terms, World

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Stage:
    """What every run of one command shares; goes to worker processes whole."""

    config: Configuration
    source: str | None = None
    environment: str | None = None
    measured: Signals | None = None
    error_rate: float = 0.0


def stage_of(
    root: Path, *, rev: str | None = None, environment: str | None = None, error_rate: float = 0.0,
    measured: Signals | None = None,
) -> Stage:  # fmt: skip
    """The files of the work tree or of a commit, ready for runs. Raises ConfigError."""
    loaded = load_files(root, rev)
    return Stage(sound(loaded), loaded.source, environment, measured, error_rate)


def chosen_scenarios(config: Configuration, names: list[str], every: bool) -> list[Scenario]:
    """The scenarios of these names, or all. Raises UsageError where there is none."""
    if not config.scenarios:
        raise UsageError("the repository has no scenarios", hint="write one: scenarios/provider-outage.yaml")
    for name in names:
        if name not in config.scenarios:
            raise UsageError(f"there is no scenario `{name}`", hint="there are " + ", ".join(config.scenarios))
    return [config.scenarios[name] for name in (config.scenarios if every else dict.fromkeys(names))]


def run_scenarios(
    stage: Stage,
    scenarios: list[Scenario],
    *,
    traffic: Traffic | None = None,
    policy: str | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> SimulationSet:
    """Run scenarios, in their own invented traffic or in a trace's; the same reports whatever the number of workers."""
    jobs = [(stage, scenario, traffic, policy) for scenario in scenarios]
    runs = []
    for report in _spread(jobs, workers):
        runs.append(report)
        if progress is not None:
            progress(1)
    return SimulationSet(runs=tuple(runs))


def _spread(jobs: list[tuple[Stage, Scenario, Traffic | None, str | None]], workers: int) -> Iterator[ReplayReport]:
    if workers <= 1 or len(jobs) == 1:
        yield from map(_one, jobs)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from pxctl.replay.workers import whole_workers

    with whole_workers(), ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(_one, jobs)


def _one(job: tuple[Stage, Scenario, Traffic | None, str | None]) -> ReplayReport:
    from pxctl.replay.scenario import ASSUMED_TOKENS, judge
    from pxctl.replay.simulation import ASSUMED, simulate

    stage, scenario, traffic, policy = job
    policy = policy or scenario.policy_override
    config = with_policy(stage.config, policy)
    trouble, terms = trouble_of(config, scenario.faults), terms_of(scenario)
    ready = rehearse(config, stage.environment, source=stage.source, measured=stage.measured)
    terms = replace(terms, error_rate=stage.error_rate, safe_mode_rate=ready.error_rate,
                    safe_mode_window=ready.window_ms * 1000)  # fmt: skip
    report = simulate(
        ready.compiled, ready.signals, _blocks(scenario, traffic), _crowd(config, scenario, traffic), trouble, terms,
        until=duration_ms(scenario.duration) * 1000, scenario=scenario.name, description=scenario.description,
        policy=policy, trace=traffic.trace.name if traffic else None,
        assumptions=(*ASSUMED, *(() if traffic else (ASSUMED_TOKENS,))),
    )  # fmt: skip
    return report.model_copy(update={"expectations": judge(scenario, report, trouble.first)})


def trouble_of(config: Configuration, faults: Iterable[Fault]) -> Trouble:
    """Faults over the deployments of a configuration. Raises UsageError."""
    from pxctl.replay.faults import trouble

    return trouble(config, faults)


def terms_of(scenario: Scenario) -> Terms:
    """How a scenario's run goes."""
    from pxctl.replay.simulation import Terms

    off = scenario.safe_mode_off_at
    return Terms(
        seed=scenario.seed,
        safe_mode_off_at=None if off is None else duration_ms(off) * 1000,
        quotes=any(fault.kind == "price_service_timeout" for fault in scenario.faults),
    )


def _blocks(scenario: Scenario, traffic: Traffic | None) -> Iterator[Block]:
    from pxctl.replay.scenario import borrowed, invented
    from pxctl.replay.traces import read_trace

    if traffic is None:
        return invented(scenario)
    known = recognised(traffic)
    return borrowed(scenario, read_trace(known.trace, preset=known.preset, columns=known.columns))


def _crowd(config: Configuration, scenario: Scenario, traffic: Traffic | None) -> Crowd:
    from pxctl.replay.population import Crowd

    stated = population(traffic.shares) if traffic else None
    shares = scenario.population if stated is None else scenario.population.model_copy(
        update=stated.model_dump(exclude_unset=True)
    )  # fmt: skip
    return Crowd(
        config, seed=scenario.seed, population=shares, template=scenario.template,
        sticky_tenants=traffic is not None and recognised(traffic).preset == "litellm",
    )  # fmt: skip


def run_with_faults(
    stage: Stage,
    traffic: Traffic,
    faults: tuple[Fault, ...],
    *,
    policy: str | None = None,
    progress: Progress | None = None,
) -> ReplayReport:
    """A trace in its own time, with calls that behave, and faults, each of which a request has to meet."""
    from pxctl.replay.scenario import met
    from pxctl.replay.simulation import ASSUMED, simulate
    from pxctl.replay.traces import read_trace

    traffic = recognised(traffic)
    config = with_policy(stage.config, policy)
    ready = rehearse(config, stage.environment, source=stage.source, measured=stage.measured)
    report = simulate(
        ready.compiled, ready.signals, read_trace(traffic.trace, preset=traffic.preset, columns=traffic.columns),
        crowd_for(config, traffic), trouble_of(config, faults), _terms(stage, ready, traffic.seed, faults),
        progress=progress, trace=traffic.trace.name, policy=policy, assumptions=ASSUMED,
    )  # fmt: skip
    return report.model_copy(update={"expectations": met(report)})


def run_against(
    stage: Stage,
    traffic: Traffic,
    policies: tuple[str, str],
    faults: tuple[Fault, ...] = (),
    *,
    progress: Progress | None = None,
) -> Comparison:
    """The same traffic, seed and faults under two policies."""
    from pxctl.replay.ab import compare
    from pxctl.replay.simulation import ASSUMED
    from pxctl.replay.traces import read_trace

    traffic = recognised(traffic)
    a, b = (_world(stage, traffic, policy, faults) for policy in policies)
    return compare(
        a, b, policies, read_trace(traffic.trace, preset=traffic.preset, columns=traffic.columns),
        crowd_for(stage.config, traffic), seed=traffic.seed, progress=progress, trace=traffic.trace.name,
        assumptions=ASSUMED,
    )  # fmt: skip


def _world(stage: Stage, traffic: Traffic, policy: str, faults: tuple[Fault, ...]) -> World:
    from pxctl.replay.simulation import World

    config = with_policy(stage.config, policy)
    ready = rehearse(config, stage.environment, source=stage.source, measured=stage.measured)
    terms = _terms(stage, ready, traffic.seed, faults)
    return World(ready.compiled, ready.signals, trouble_of(config, faults), terms)


def _terms(stage: Stage, ready: Any, seed: int, faults: tuple[Fault, ...]) -> Terms:
    from pxctl.replay.simulation import Terms

    return Terms(
        seed=seed,
        error_rate=stage.error_rate,
        safe_mode_rate=ready.error_rate,
        safe_mode_window=ready.window_ms * 1000,
        quotes=any(fault.kind == "price_service_timeout" for fault in faults),
    )
