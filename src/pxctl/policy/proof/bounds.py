"""The most that a request may cost and take on a deployment."""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.model.decision import usd
from pxctl.policy.proof.eligible import MODALITY, TENANT, Eligibility, Option, Witness
from pxctl.policy.proof.search import meet
from pxctl.policy.proof.space import MOST, Box
from pxctl.policy.proof.tokens import UnknownError, between


class GapError(Exception):
    """Whether some request has a cost between two bounds was neither shown nor excluded; the question stays open."""


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
            price = eligible.rate(d, modality)
            window = 2 * MOST if d.context_tokens is None else d.context_tokens
            for given in ranges(eligible, both, "input_tokens"):
                for low, high in ranges(eligible, both, "output_tokens"):
                    output = low, high if d.max_output_tokens is None else min(high, d.max_output_tokens)
                    try:
                        found = between(price, given, output, window, (limit, bound))
                    except UnknownError:
                        open_question = True
                        continue
                    if found is not None:
                        i, o, g = found
                        shown = eligible.narrow(Witness(narrowed, 0, 0), place, i, o, g)
                        return shown, f"`{d.id}` may serve a request that costs ${usd(price.cost(i, g, o))}"
    if open_question:
        raise GapError(f"whether a request costs more on `{d.id}` hangs on a part of the price of one token")
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
