"""A policy against recorded results: every row is decided, and what was chosen is looked up in the table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pxctl.app.flows.rehearsal import bind_for
from pxctl.app.flows.scenarios import Stage
from pxctl.app.flows.simulate import Traffic, crowd_for, recognised, with_policy
from pxctl.core.errors import UsageError
from pxctl.model.comparison import OutcomeReport


def evaluate_outcomes(
    stage: Stage,
    table: Path,
    *,
    traffic: Traffic | None,
    seed: int,
    models: tuple[str, ...] = (),
    names: Mapping[str, str] | None = None,
    policy: str | None = None,
) -> OutcomeReport:
    """Evaluate a table; with traffic (row by row the table's own requests) the policy's choices too."""
    from pxctl.replay.outcomes import evaluate

    if traffic is None:
        return evaluate(table, seed=seed, models=models)
    choices = _choices(stage, traffic, policy)

    def choose(row: int) -> str | None:
        if row >= len(choices):
            raise UsageError(f"`{table.name}` has more rows than `{traffic.trace.name}`; they must go together")
        return choices[row]

    return evaluate(table, seed=seed, models=models, choose=choose, names=names)


def _choices(stage: Stage, traffic: Traffic, policy: str | None) -> list[str | None]:
    from pxctl.policy.columns import decide_many
    from pxctl.replay.batches import batch_of
    from pxctl.replay.traces import read_trace

    traffic = recognised(traffic)
    config = with_policy(stage.config, policy)
    bound = bind_for(config, stage.environment, source=stage.source, measured=stage.measured)
    crowd = crowd_for(config, traffic)
    fleet = [deployment.id for deployment in bound.compiled.fleet.deployments]
    found: list[str | None] = []
    for block in read_trace(traffic.trace, preset=traffic.preset, columns=traffic.columns):
        primary = decide_many(bound, batch_of(block, crowd.fill(block), traffic.seed)).primary
        found += [fleet[place] if place >= 0 else None for place in primary.tolist()]
    return found
