"""The most that a request may cost and take on a deployment."""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.model.decision import usd
from pxctl.policy.integers import Rate
from pxctl.policy.proof.eligible import MODALITY, TENANT, Eligibility, Option, Witness, fits
from pxctl.policy.proof.search import meet
from pxctl.policy.proof.space import MOST, Box

TRIED = 4096
"""How many output counts are tried where a cost must lie between two bounds."""
Point = tuple[int, int, int]
"""Input tokens, output tokens, cached input tokens."""


class GapError(Exception):
    """A cost between two bounds that no tried request has; the question stays open."""


def slowest(eligible: Eligibility, option: Option, part: Box, limit_ms: int) -> tuple[Witness, str] | None:
    """A request that may take longer than `limit_ms` on the deployment.

    A candidate is bounded by the route's `max_latency_ms` and the request's SLA, everybody by the provider's time-out.
    """
    timeout = eligible.space.compiled.config.providers[option.deployment.provider].timeout_ms
    bounds = [timeout]
    if not option.fallback and option.plan.max_latency is not None:
        bounds.append(-(-option.plan.max_latency // 1000))
    slas = eligible.space.chosen(part, "sla_ms")
    if not option.fallback and not any(cell.absent for cell in slas):
        bounds.append(max(cell.high for cell in slas))
    worst = min(bounds)
    if worst <= limit_ms or (witness := eligible.may(option, part)) is None:
        return None
    which = "as a fallback it is not held to a latency, and" if option.fallback else "nothing but"
    name = option.deployment.id
    return witness, f"`{name}` may take {worst} ms: {which} the time-out or the route's bound holds it"


def dearest(eligible: Eligibility, option: Option, part: Box, limit: int) -> tuple[Witness, str] | None:
    """A request that may cost more than `limit` (1e-12 USD) on the deployment, and that its budgets let pass.

    Raises GapError where a cost between the limit and the budget exists for no request that was tried.
    """
    if option.plan.max_cost <= limit or eligible.may(option, part) is None:
        return None
    both, d = meet(part, eligible.box(option.deployment)), option.deployment
    open_question = False
    tenants = [i for i in range(len(eligible.space.cells[TENANT])) if both[TENANT] >> i & 1]
    for place in {eligible.space.cells[TENANT][i].sort[2]: i for i in tenants}.values():
        bound = eligible.bound(option.plan, both, place)
        if bound <= limit:
            continue
        for modality in eligible.modalities(d, both):
            narrowed = eligible.only(both, MODALITY, modality)
            for given in ranges(eligible, both, "input_tokens"):
                for output in ranges(eligible, both, "output_tokens"):
                    found, doubt = most(option, eligible.rate(d, modality), given, output, limit, bound)
                    open_question |= doubt
                    if found is not None:
                        i, o, g = found
                        shown = eligible.narrow(Witness(narrowed, 0, 0), place, i, o, g)
                        cost = usd(eligible.rate(d, modality).cost(i, g, o))
                        return shown, f"`{d.id}` may serve a request that costs ${cost}"
    if open_question:
        raise GapError(f"whether a request costs more on `{d.id}` lies within the price of one token")
    return None


def ranges(eligible: Eligibility, part: Box, name: str) -> Iterator[tuple[int, int]]:
    """The amounts of a part as ranges without gaps."""
    low = high = -2
    for cell in eligible.space.chosen(part, name):
        if cell.low == high + 1:
            high = cell.high
            continue
        if low >= 0:
            yield low, high
        low, high = cell.low, cell.high
    yield low, high


def most(
    option: Option, price: Rate, given: tuple[int, int], output: tuple[int, int], limit: int, bound: int
) -> tuple[Point | None, bool]:
    """A point of the ranges with a cost above `limit` and at most `bound`, and whether one might have been missed."""
    d = option.deployment
    per_input = max(price.input, price.cached)
    window = d.context_tokens if d.context_tokens is not None else 2 * MOST
    top = min(output[1], window - given[0], MOST if d.max_output_tokens is None else d.max_output_tokens)
    least = given[0] * min(price.input, price.cached) + output[0] * price.output
    if least > bound or not fits(d, given[0], output[0]):
        return None, False
    highest = 0
    for o in {output[0], top, max(output[0], min(top, window - given[1])), max(output[0], min(top, window - given[0]))}:
        i = min(given[1], window - o)
        if i < given[0]:
            continue
        cost = i * per_input + o * price.output
        highest = max(highest, cost)
        if cost <= limit:
            continue
        if cost <= bound:
            return _point(price, i, o), False
        for smaller in (o, *range(output[0], min(top, output[0] + TRIED) + 1)):
            room = bound - smaller * price.output
            if room < 0:
                continue
            i = min(given[1], window - smaller, room // per_input if per_input else given[1])
            if i >= given[0] and limit < i * per_input + smaller * price.output <= bound:
                return _point(price, i, smaller), False
        if price.output:
            o = min(top, window - given[0], (bound - given[0] * per_input) // price.output)
            if o >= output[0] and limit < given[0] * per_input + o * price.output <= bound:
                return _point(price, given[0], o), False
    every = top - output[0] <= TRIED and price.cached == price.input
    return None, highest > limit and not every


def _point(price: Rate, i: int, o: int) -> Point:
    return i, o, i if price.cached > price.input else 0
