"""What is noteworthy about a policy without being asked: dead routes, gaps, refusals, single points of failure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pxctl.model.context import Context
from pxctl.model.decision import Reason
from pxctl.model.proof import ChainLeft, Outage, ProofReport, RouteFinding
from pxctl.policy.bound import Bound
from pxctl.policy.compile import Compiled
from pxctl.policy.fleet import Deployment
from pxctl.policy.integers import UNBOUNDED
from pxctl.policy.plan import Plan
from pxctl.policy.proof.eligible import TENANT, Eligibility, Option
from pxctl.policy.proof.outage import Takers, takers
from pxctl.policy.proof.search import Search, TooLargeError
from pxctl.policy.proof.space import MOST, Box, Space, seats_of
from pxctl.policy.proof.witness import Amounts, request, well

MOST_PARTS = 20_000
"""A route whose requests fall into more parts is not examined for outages; the report says so."""
MOST_ROUTES = 400
"""Of a policy with more routes only the outage that leaves the fewest deployments is reported as a chain, a route."""
ASSUMPTIONS = (
    "any kept candidate may be chosen: weights, health and latency vary",
    "prices are the files' (else the catalogue's ceiling); quotes may differ, and budgets hold for quotes too",
    "a call takes at most the provider's `timeout_ms`",
    "for refusals and outages: credentials exist, quotas and circuits are fine, safe mode is off, and requests are"
    " as small as their route allows unless the question bounds them",
    "requests need no more tags and features than those that a route or the question names",
)


@dataclass(slots=True)
class _Audit:
    compiled: Compiled
    findings: list[RouteFinding] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    chains: list[ChainLeft] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    bound: Bound | None = None


def audit(compiled: Compiled, policies: tuple[str, ...] = ()) -> ProofReport:
    """Examine every policy (or those named): values without file positions."""
    made = _Audit(compiled)
    looked, unused = [], []
    for name in policies or tuple(compiled.config.policies):
        if not seats_of(compiled, name):
            unused.append(name)
            continue
        looked.append(name)
        _policy(made, name)
    return ProofReport(
        source=compiled.source, findings=tuple(made.findings), outages=tuple(made.outages), chains=tuple(made.chains),
        policies=tuple(looked), unused=tuple(unused), limits=tuple(made.limits), assumptions=ASSUMPTIONS,
    )  # fmt: skip


def dead_routes(compiled: Compiled, policy: str) -> list[int]:
    """The routes that no request of the roster takes. Raises TooLargeError."""
    space = Space(compiled, compiled.policy(policy))
    search = Search.of(space)
    return [n for n in range(space.routes) if search.takes(space.everything, n + space.first) is None]


def _policy(made: _Audit, name: str) -> None:
    space = Space(made.compiled, made.compiled.policy(name))
    search, eligible = Search.of(space), Eligibility(space)
    try:
        gap = search.takes(space.everything, space.none)
        if gap is not None:
            made.findings.append(RouteFinding(
                kind="no_route", policy=name, example=request(space, gap),
                message="some requests match no route and are refused",
            ))  # fmt: skip
    except TooLargeError as error:
        made.limits.append(f"policy `{name}`, requests without a route: {error.message}")
    for number in range(space.routes):
        try:
            _route(made, space, search, eligible, number, space.routes <= MOST_ROUTES)
        except TooLargeError as error:
            route = space.policy.policy.routes[number].name
            made.limits.append(f"policy `{name}`, route `{route}`: {error.message}")


def _route(made: _Audit, space: Space, search: Search, eligible: Eligibility, number: int, every: bool) -> None:
    policy, route = space.policy.policy.name, space.policy.policy.routes[number]
    entry = number + space.first
    if search.takes(space.everything, entry) is None:
        made.findings.append(RouteFinding(
            kind="dead_route", policy=policy, route=route.name,
            message="no request takes this route: earlier routes take them all, or no tenant can match it",
        ))  # fmt: skip
        return
    parts: list[Box] = []
    for part, _ in search.leaves(search.own(entry), 1 << entry):
        parts.append(part)
        if len(parts) > MOST_PARTS:
            made.limits.append(f"policy `{policy}`, route `{route.name}`: its requests fall into too many parts")
            return
    _weak(made, eligible, number, parts)
    _chains(made, eligible, number, every)


def _taken(eligible: Eligibility, number: int, parts: list[Box]) -> Iterator[tuple[Plan, Takers]]:
    """Who takes the requests of a route, by its arms."""
    for plan, tenants in eligible.arms(number):
        for part in parts:
            mine = (*part[:TENANT], part[TENANT] & tenants, *part[TENANT + 1 :])
            if mine[TENANT]:
                for taken in takers(eligible, plan, mine):
                    yield plan, taken


def _weak(made: _Audit, eligible: Eligibility, number: int, parts: list[Box]) -> None:
    """Requests that nobody takes; outages of one provider that are fatal, and of two where neither alone is."""
    space = eligible.space
    policy, route = space.policy.policy.name, space.policy.policy.routes[number].name
    found: dict[tuple[str, ...], Context] = {}
    for plan, taken in _taken(eligible, number, parts):
        down = tuple(sorted({d.provider for d in taken.deployments}))
        if len(down) > 2 or down in found:
            continue
        counts = Amounts(taken.input_tokens, taken.output_tokens)
        found[down] = request(space, taken.part, counts, number, plan.arm)
    refused = found.pop((), None)
    if refused is not None:
        made.findings.append(RouteFinding(
            kind="can_refuse", policy=policy, route=route, example=refused,
            message=f"some requests find no deployment here even when all is well ({_reasons(made, refused)})",
        ))  # fmt: skip
    alone = {down[0] for down in found if len(down) == 1}
    for down in sorted(found, key=lambda names: (len(names), names)):
        if len(down) == 1 or not alone & set(down):
            made.outages.append(Outage(policy=policy, route=route, down=down, example=found[down]))


def _reasons(made: _Audit, context: Context) -> str:
    """Why nobody serves a request, in the order in which reasons are tried."""
    if made.bound is None:
        made.bound = made.compiled.bind(well(made.compiled))
    decision = made.bound.decide(context).render()
    found = {entry.reason for entry in (*decision.candidates, *decision.listed_fallbacks)}
    return ", ".join(reason for reason in Reason if reason in found) or "it names none"


def _chains(made: _Audit, eligible: Eligibility, number: int, every: bool) -> None:
    """What is left when one provider fails, and the worst that it can cost and take; for each provider, or only for the
    one whose failure leaves the fewest deployments."""
    plan, _ = next(eligible.arms(number))
    options = eligible.options(plan)
    worst = [(o.deployment, _worst_cost(eligible, o), _worst_latency(eligible, o)) for o in options]
    left = {
        name: [one for one in worst if one[0].provider != name] for name in sorted({d.provider for d, _, _ in worst})
    }
    names = list(left) if every else sorted((n for n in left if left[n]), key=lambda n: (len(left[n]), n))[:1]
    for name in names:
        costs = [cost for _, cost, _ in left[name]]
        made.chains.append(ChainLeft(
            policy=eligible.space.policy.policy.name, route=plan.route.name, down=name,
            left=tuple(dict.fromkeys(d.id for d, _, _ in left[name])),
            worst_cost=None if None in costs or not costs else max(cost for cost in costs if cost is not None),
            worst_latency_ms=max((latency for _, _, latency in left[name]), default=None),
        ))  # fmt: skip


def _worst_cost(eligible: Eligibility, option: Option) -> int | None:
    """The cost of the largest request that fits, cut at the route's and the tenants' bounds."""
    d: Deployment = option.deployment
    tenants = max(cell.sort[2] for cell in eligible.space.cells[TENANT])
    bound = min(option.plan.max_cost, tenants)
    rates = [eligible.rate(d, modality) for modality in sorted(d.modalities)]
    window = d.context_tokens
    if window is not None and rates:
        output = min(window, d.max_output_tokens or window)
        dearest = max(
            max(window * max(r.input, r.cached), (window - output) * max(r.input, r.cached) + output * r.output)
            for r in rates
        )
        bound = min(bound, dearest)
    return None if bound >= UNBOUNDED or bound >= MOST * 10**12 else bound


def _worst_latency(eligible: Eligibility, option: Option) -> int:
    timeout = eligible.space.compiled.config.providers[option.deployment.provider].timeout_ms
    if option.fallback or option.plan.max_latency is None:
        return timeout
    return min(timeout, -(-option.plan.max_latency // 1000))
