"""A/B: paired differences and their intervals; A against A differs in nothing."""

from __future__ import annotations

from math import sqrt
from random import Random
from statistics import fmean, stdev

from pxctl.app.flows.simulate import with_policy
from pxctl.model.comparison import Comparison
from pxctl.model.configuration import Configuration
from pxctl.policy.compile import compile_config
from pxctl.replay.ab import Z95, Paired, compare
from pxctl.replay.baseline import rehearsal_signals
from pxctl.replay.faults import parse_fault, trouble
from pxctl.replay.population import Crowd
from pxctl.replay.simulation import Terms, World

from .conftest import configured, rows


def world(config: Configuration) -> World:
    laid = trouble(config, [parse_fault("error_storm:east@1m*0.2")])
    return World(compile_config(with_policy(config, "default")), rehearsal_signals(config), laid, Terms(seed=2))


def ab(a: Configuration, b: Configuration) -> Comparison:
    return compare(world(a), world(b), ("a", "b"), [rows(600, step=500_000)], Crowd(a, seed=2), seed=2)


def test_the_interval_is_the_textbooks() -> None:
    rng = Random(1)
    pairs = [(rng.randrange(1000), rng.randrange(1200)) for _ in range(200)]
    paired = Paired()
    for a, b in pairs:
        paired.add(a, b)
    found = paired.difference("x", "ms", 1)
    differences = [b - a for a, b in pairs]
    half = Z95 * stdev(differences) / sqrt(200)
    assert abs(found.difference - fmean(differences)) < 1e-9
    assert abs(found.high - found.difference - half) < 1e-9
    assert abs(found.difference - found.low - half) < 1e-9


def test_a_against_itself(company: Configuration) -> None:
    found = ab(company, configured())
    assert all((d.difference, d.low, d.high) == (0, 0, 0) for d in found.differences)
    assert not any(d.significant for d in found.differences)
    assert found.report_a.totals == found.report_b.totals


def test_a_cheaper_policy_shows(company: Configuration) -> None:
    cheaper = configured(policy=("candidates: [east/big@us, east/big@eu]", "candidates: [east/small@us, east/big@eu]"))
    found = {d.name: d for d in ab(company, cheaper).differences}
    cost = found["cost of a request"]
    assert cost.significant
    assert cost.high < 0
    assert cost.pairs == 600
    assert cost.low <= cost.difference <= cost.high
