"""What one side does with requests of one kind: equal views mean equal decisions, whatever the signals.

A view leaves out what no request of the kind can notice: deployments that take none of them, an order among fewer than
two, weights that the strategy does not read, windows that no such request reaches, bounds that it never meets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pxctl.policy.fleet import Deployment
from pxctl.policy.integers import Rate, rate
from pxctl.policy.plan import CONTROL, Plan
from pxctl.policy.proof.side import Side, possible


@dataclass(frozen=True, slots=True)
class Traits:
    """What a side sees of a kind of request.

    `takers` are the fleet's deployments that take its tenant, privacy, language and features (and its modality).
    `given` and `output` are ranges of tokens; `cost` and `latency` the route's and the tenant's bounds, 0 where both
    sides have the same; `limit` is the bound on cost in any case; `modality` is given where something has no price;
    `arm` is the tenant's in an experiment.
    """

    takers: int
    modality: str | None
    given: tuple[int, int]
    output: tuple[int, int]
    cost: int
    limit: int
    latency: int
    line: str
    arm: str | None


def view(side: Side, entry: int, traits: Traits) -> Any:
    """A value that is equal for two sides only if they decide every request of the kind alike."""
    kind = side.kind(entry)
    if kind != "route":
        return kind
    policy, number = side.policy, entry - side.first
    split = policy.split(number)
    if split is None or split.unit == "tenant":
        return _plan_view(side, policy.plan(number, traits.arm), traits)
    parts: list[tuple[int, Any]] = []
    start = 0
    for arm, end in zip((*split.arms, CONTROL), (*split.ends, 10_000), strict=True):
        if end > start:
            seen = _plan_view(side, policy.plan(number, arm), traits)
            if parts and parts[-1][1] == seen:
                parts.pop()
            parts.append((end, seen))
        start = end
    return parts[0][1] if len(parts) == 1 else (split.multiplier, tuple(parts))


def _plan_view(side: Side, plan: Plan, traits: Traits) -> Any:
    taken = [
        (d, units) for d, units in zip(plan.candidates, plan.units, strict=True) if d.active and takes(plan, d, traits)
    ]
    spare = [d for d in plan.fallbacks if (d.active or d.standby) and takes(plan, d, traits)]
    if not taken and not spare:
        return "no_candidate"
    strategy, weights = plan.strategy, plan.weights
    if strategy == "priority":
        taken.sort(key=lambda pair: pair[0].priority)
        strategy = "listed"
    if len(taken) < 2:
        strategy, weights = "listed", None
    weighted = strategy == "weighted"
    listed = tuple((_says(side, d, traits), units if weighted else 0) for d, units in taken)
    others = {d.id for d in spare}.union(d.id for d, _ in taken)
    closed = any(d.index not in side.policy.allowed for d in (*spare, *(d for d, _ in taken)))
    limits = side.compiled.config.project.thresholds
    return (
        strategy, weights, listed, tuple(_says(side, d, traits) for d in spare),
        (plan.min_health, traits.latency) if taken else None,
        0 if traits.given[1] == traits.output[1] == 0 else traits.cost,
        min(plan.max_fallbacks, len(others) - 1),
        traits.line if closed else None,
        limits.health_fresh, limits.quote_fresh,
    )  # fmt: skip


def takes(plan: Plan, d: Deployment, traits: Traits) -> bool:
    """Whether a deployment takes some request of a kind under some signals."""
    if not traits.takers >> d.index & 1 or not possible(plan, d):
        return False
    if d.context_tokens is not None and traits.given[0] + traits.output[0] > d.context_tokens:
        return False
    return d.max_output_tokens is None or traits.output[0] <= d.max_output_tokens


def suspects(before: tuple[Side, int, Traits], after: tuple[Side, int, Traits]) -> list[str]:
    """The deployments of a kind of which the two sides say different things, or that only one of them names."""
    said: tuple[dict[str, Any], dict[str, Any]] = {}, {}
    for found, (side, entry, traits) in zip(said, (before, after), strict=True):
        for plan in side.plans(entry):
            found |= {
                d.id: _says(side, d, traits) for d in (*plan.candidates, *plan.fallbacks) if takes(plan, d, traits)
            }
    return [name for name in said[0] | said[1] if said[0].get(name) != said[1].get(name)]


def _says(side: Side, d: Deployment, traits: Traits) -> Any:
    key = d.index, traits.modality, traits.given, traits.output, traits.limit
    found = side.said.get(key)
    if found is None:
        found = side.said[key] = _said(side, d, traits)
    return found


def _said(side: Side, d: Deployment, traits: Traits) -> Any:
    price = d.rate
    if price is None:
        price = rate(side.compiled.config.catalogue.ceiling(traits.modality or ""))
    given, output = traits.given[1], traits.output[1]
    window, most = d.context_tokens, d.max_output_tokens
    if window is not None and given + output <= window:
        window = None
    if most is not None and (output <= most or (window is not None and window <= most)):
        most = None
    costs = _affordable(price, traits)
    return d.id, d.keyless, costs, d.rate is None, window, most, d.index in side.policy.allowed


def _affordable(price: Rate, traits: Traits) -> tuple[int | None, ...]:
    """The rates of the tokens that some request of the kind has and that its budget lets pass at these rates."""
    given, output, least = traits.given, traits.output, min(price.input, price.cached)
    before, after = max(given[0], 1) - 1, output[0] * price.output
    return (
        price.input if given[1] and price.input + before * least + after <= traits.limit else None,
        price.cached if given[1] and price.cached + before * least + after <= traits.limit else None,
        price.output if output[1] and given[0] * least + max(output[0], 1) * price.output <= traits.limit else None,
    )
