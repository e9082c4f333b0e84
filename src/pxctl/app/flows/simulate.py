"""Simulate: a repository's policies under recorded or invented traffic, put together from load, policy and replay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pxctl.app.flows.rehearsal import rehearse
from pxctl.app.wiring import load_files, sound
from pxctl.core.errors import UsageError
from pxctl.model.configuration import Configuration
from pxctl.model.governance import Population
from pxctl.model.replay import ReplayReport
from pxctl.model.signals import Signals

if TYPE_CHECKING:
    from pxctl.replay.population import Crowd

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Traffic:
    """Where requests come from: a trace, how to read it, and the shares that fill in what it lacks."""

    trace: Path
    preset: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, str] = field(default_factory=dict)
    seed: int = 1


def replay_trace(
    root: Path,
    traffic: Traffic,
    *,
    rev: str | None = None,
    policy: str | None = None,
    environment: str | None = None,
    measured: Signals | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> ReplayReport:
    """Replay a trace through the files of the work tree, or of the commit `rev`."""
    from pxctl.replay.baseline import ASSUMED
    from pxctl.replay.population import ASSUMED_POPULATION
    from pxctl.replay.run import replay
    from pxctl.replay.traces import read_trace

    traffic = recognised(traffic)
    loaded = load_files(root, rev)
    config = with_policy(sound(loaded), policy)
    ready = rehearse(config, environment, source=loaded.source, measured=measured)
    blocks = read_trace(traffic.trace, preset=traffic.preset, columns=traffic.columns)
    about = {"trace": traffic.trace.name, "policy": policy, "assumptions": (ASSUMED, ASSUMED_POPULATION)}
    if workers > 1:
        from pxctl.replay.workers import Job, replay_spread

        job = Job(config, ready.withheld, ready.signals, traffic.seed, population(traffic.shares), _sticky(traffic))
        return replay_spread(job, blocks, workers=workers, progress=progress, source=loaded.source, **about)
    return replay(ready.bind(), blocks, crowd_for(config, traffic), seed=traffic.seed, progress=progress, **about)


def recognised(traffic: Traffic) -> Traffic:
    """The traffic with the preset that its columns show, where neither preset nor columns were named."""
    from pxctl.replay.traces import guess_preset

    if traffic.preset is not None or traffic.columns:
        return traffic
    return replace(traffic, preset=guess_preset(traffic.trace))


def crowd_for(config: Configuration, traffic: Traffic) -> Crowd:
    """Who sends the traffic: the roster, and the stated shares."""
    from pxctl.replay.population import Crowd

    return Crowd(config, seed=traffic.seed, population=population(traffic.shares), sticky_tenants=_sticky(traffic))


def _sticky(traffic: Traffic) -> bool:
    from pxctl.replay.mapping import columns_for

    return columns_for(traffic.preset, traffic.columns)[0].sticky_tenants


def with_policy(config: Configuration, policy: str | None) -> Configuration:
    """The configuration with every tenant under one policy. Raises UsageError where there is no such policy."""
    if policy is None:
        return config
    if policy not in config.policies:
        known = ", ".join(sorted(config.policies)) or "none"
        raise UsageError(f"there is no policy `{policy}`", hint=f"the policies are {known}")
    tenants = {name: tenant.model_copy(update={"policy": policy}) for name, tenant in config.tenants.items()}
    return replace(config, tenants=tenants)


def population(shares: Mapping[str, str]) -> Population | None:
    """`{"privacy": "public:70,internal:30", "tenant": "acme"}` as a population. Raises UsageError."""
    if not shares:
        return None
    fields: dict[str, dict[str, float]] = {}
    for dimension, text in shares.items():
        if dimension not in Population.model_fields:
            raise UsageError(f"`{dimension}` cannot be set", hint="dimensions: " + ", ".join(Population.model_fields))
        fields[dimension] = {}
        for part in text.split(","):
            value, colon, weight = part.rpartition(":")
            try:
                fields[dimension][value if colon else part] = float(weight) if colon else 1.0
            except ValueError:
                raise UsageError(f"`{part}` is not a value, or VALUE:WEIGHT", hint=f"{dimension}=a:70,b:30") from None
    return Population.model_validate(fields)


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """`["a=b"]` as a mapping. Raises UsageError."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise UsageError(f"{option} wants NAME=VALUE, not `{text}`")
        found[name.strip()] = value.strip()
    return found
