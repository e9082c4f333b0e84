"""One route under one arm: its candidates and fallbacks as deployments, its constraints as integers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pxctl.core.bucketing import TOTAL, bucket
from pxctl.model.routing import Balanced, BalancedWeights, Experiment, Policy, Route, candidate_text, candidate_weight
from pxctl.policy.fleet import Deployment, Fleet
from pxctl.policy.integers import UNBOUNDED, WEIGHT_UNITS, microseconds, millionths, mix, odd64, pico

CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a route asks for under one arm. Absent bounds are None, an absent cost bound `UNBOUNDED`.

    `units` are the candidates' weight units, `fallbacks` the listed ones without repeats.
    """

    policy: str
    number: int
    route: Route
    experiment: str | None
    arm: str | None
    strategy: str
    weights: BalancedWeights | None
    candidates: tuple[Deployment, ...]
    units: tuple[int, ...]
    fallbacks: tuple[Deployment, ...]
    regions: frozenset[str] | None
    min_health: int | None
    max_latency: int | None
    max_cost: int
    max_fallbacks: int


def weigh(fleet: Fleet, references: Iterable[tuple[str, int]]) -> dict[int, tuple[Deployment, int]]:
    """Deployments by index, in listed order, each with its weight units; the first mention wins."""
    found: dict[int, tuple[Deployment, int]] = {}
    for text, weight in references:
        expanded = fleet.expand(text)
        for deployment in expanded:
            found.setdefault(deployment.index, (deployment, weight * WEIGHT_UNITS // len(expanded)))
    return found


def make_plan(fleet: Fleet, policy: Policy, number: int, arm: str | None) -> Plan:
    """The plan of a route; `arm` is an arm's name, `control`, or None for a route without an experiment."""
    route = policy.routes[number]
    candidates, strategy = route.candidates, route.strategy
    chosen = route.experiment.arms.get(arm) if route.experiment and arm else None
    if chosen is not None:
        candidates = candidates if chosen.candidates is None else chosen.candidates
        strategy = strategy if chosen.strategy is None else chosen.strategy
    listed = weigh(fleet, ((candidate_text(c), candidate_weight(c)) for c in candidates)).values()
    spare = weigh(fleet, ((text, 0) for text in route.fallbacks)).values()
    wants = route.constraints
    return Plan(
        policy=policy.name,
        number=number,
        route=route,
        experiment=route.experiment.name if route.experiment else None,
        arm=arm,
        strategy="balanced" if isinstance(strategy, Balanced) else strategy,
        weights=strategy.balanced if isinstance(strategy, Balanced) else None,
        candidates=tuple(deployment for deployment, _ in listed),
        units=tuple(units for _, units in listed),
        fallbacks=tuple(deployment for deployment, _ in spare),
        regions=None if wants.regions is None else frozenset(wants.regions),
        min_health=None if wants.min_health is None else millionths(wants.min_health),
        max_latency=None if wants.max_latency_ms is None else microseconds(wants.max_latency_ms),
        max_cost=UNBOUNDED if wants.max_cost_usd is None else pico(wants.max_cost_usd),
        max_fallbacks=route.max_fallbacks,
    )


@dataclass(frozen=True, slots=True)
class Split:
    """How an experiment divides requests: `ends` are the arms' upper bucket ends, in file order."""

    unit: str
    seed: str
    multiplier: int
    arms: tuple[str, ...]
    ends: tuple[int, ...]

    def arm(self, place: int) -> str:
        """The arm that owns a bucket of `[0, 10,000)`."""
        for name, end in zip(self.arms, self.ends, strict=True):
            if place < end:
                return name
        return CONTROL

    def tenant_place(self, tenant: str) -> int:
        """A tenant's bucket (flagd's fractional v2)."""
        return bucket(self.seed, tenant)

    def request_place(self, key: int) -> int:
        """A request's bucket, from its key."""
        return ((mix(key, self.multiplier) >> 32) * TOTAL) >> 32


def make_split(policy: str, experiment: Experiment) -> Split:
    """The buckets of an experiment; shares are percent with at most two decimals, so that buckets are exact."""
    ends, end = [], 0
    for arm in experiment.arms.values():
        end += int(arm.share * 100)
        ends.append(end)
    seed = experiment.seed or f"experiment/{policy}/{experiment.name}"
    return Split(experiment.unit, seed, odd64(seed), tuple(experiment.arms), tuple(ends))
