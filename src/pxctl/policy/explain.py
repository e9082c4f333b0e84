"""Why each deployment of a decision was kept or excluded, in a sentence with the figures that were compared."""

from __future__ import annotations

from collections.abc import Callable

from pxctl.model.base import MODALITIES
from pxctl.model.context import Context
from pxctl.model.decision import Decision, Reason, usd
from pxctl.policy.facts import Facts
from pxctl.policy.fleet import Deployment
from pxctl.policy.integers import UNBOUNDED, pico
from pxctl.policy.lane import Lane
from pxctl.policy.measured import Measured

Sentence = Callable[[Facts, Lane, Deployment, Measured], str]


def explain(facts: Facts, decision: Decision) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A sentence for each candidate, and one for each listed fallback, in the order of the decision's trace."""
    lane = facts.lane
    if lane is None:
        return (), ()
    places = {(i < lane.count, name): i for i, name in enumerate(lane.ids)}
    kept = sum(entry.kept for entry in decision.candidates)

    def one(is_candidate: bool, name: str, reason: Reason | None, rank: int | None, score: int | None) -> str:
        i = places[is_candidate, name]
        if reason is not None:
            return _SENTENCES[reason](facts, lane, lane.deployments[i], lane.measured[i])
        if rank is None:
            return "passes every check; stands in after the kept candidates"
        return f"passes every check; {_rank(lane, rank, score, kept)}"

    listed = tuple(one(True, e.deployment, e.reason, e.rank, e.score) for e in decision.candidates)
    spare = tuple(one(False, e.deployment, e.reason, None, None) for e in decision.listed_fallbacks)
    return listed, spare


def _rank(lane: Lane, rank: int, score: int | None, kept: int) -> str:
    place = f"rank {rank + 1} of {kept} by `{lane.plan.strategy}`"
    if score is None or lane.plan.strategy == "listed":
        return place
    if lane.plan.strategy == "cheapest":
        return f"{place} (${usd(score)})"
    if lane.plan.strategy == "fastest":
        return f"{place} ({_ms(score) if score < 1 << 62 else 'latency unknown'})"
    if lane.plan.strategy == "priority":
        return f"{place} (provider priority {score})"
    if lane.plan.strategy == "balanced":
        return f"{place} (weighted sum {score / 2**30:.4f}, smaller is better)"
    return f"{place} (hash over weight {score}, smaller is better)"


def _ms(micro: int) -> str:
    return f"{micro / 1000:g} ms"


def _disabled(_facts: Facts, _lane: Lane, d: Deployment, _m: Measured) -> str:
    if d.standby:
        return f"provider `{d.provider}` is on standby: it serves as a listed fallback, not as a candidate"
    return f"provider `{d.provider}` is not enabled and active"


def _credential(_facts: Facts, _lane: Lane, d: Deployment, _m: Measured) -> str:
    if not d.has_key:
        return f"provider `{d.provider}` requires a secret and names no `api_key`"
    return f"the credential of provider `{d.provider}` could not be found"


def _modality(facts: Facts, _lane: Lane, _d: Deployment, _m: Measured) -> str:
    needs, gives = MODALITIES[facts.context.modality]
    wanted = f"{'+'.join(sorted(needs))} to {'+'.join(sorted(gives))}"
    return f"the model does not serve `{facts.context.modality}` ({wanted})"


def _capability(facts: Facts, _lane: Lane, d: Deployment, _m: Measured) -> str:
    missing = ", ".join(f"`{name}`" for name in facts.context.features if name not in d.capabilities)
    return f"the model cannot do {missing}"


def _language(facts: Facts, _lane: Lane, d: Deployment, _m: Measured) -> str:
    return f"the model takes {', '.join(sorted(d.languages))}, not `{facts.context.language}`"


def _privacy(facts: Facts, _lane: Lane, d: Deployment, _m: Measured) -> str:
    most = "the lowest level" if d.privacy_max is None else f"`{d.privacy_max}`"
    return f"the vendor's contract covers {most}, the request is `{facts.context.privacy}`"


def _region(_facts: Facts, lane: Lane, d: Deployment, _m: Measured) -> str:
    regions = lane.plan.regions
    if regions is not None and d.region not in regions:
        return f"region `{d.region}` is not among the route's ({', '.join(sorted(regions))})"
    return f"region `{d.region}` is not among the contract's data_regions ({', '.join(sorted(d.data_regions))})"


def _window(facts: Facts, _lane: Lane, d: Deployment, _m: Measured) -> str:
    total = facts.context.input_tokens + facts.context.output_tokens
    if d.context_tokens is not None and total > d.context_tokens:
        return f"{total:,} tokens do not fit the context of {d.context_tokens:,}"
    return f"{facts.context.output_tokens:,} output tokens are above the model's {d.max_output_tokens or 0:,}"


def _quota(facts: Facts, _lane: Lane, _d: Deployment, m: Measured) -> str:
    if m.quota_requests == 0:
        return "no requests are left of the quota"
    total = facts.context.input_tokens + facts.context.output_tokens
    return f"{m.quota_tokens or 0:,} tokens are left of the quota, the request needs {total:,}"


def _health(_facts: Facts, lane: Lane, _d: Deployment, m: Measured) -> str:
    least = (lane.plan.min_health or 0) / 1e6
    if m.health is None:
        return f"health was never measured, and the route asks for {least:g}"
    return f"health {m.health / 1e6:g} is below the route's {least:g}"


def _latency(facts: Facts, lane: Lane, _d: Deployment, m: Measured) -> str:
    bounds = [lane.plan.max_latency, None if facts.context.sla_ms is None else facts.context.sla_ms * 1000]
    bound = _ms(min(x for x in bounds if x is not None))
    return f"latency was never measured, the bound is {bound}" if m.latency is None else (
        f"p95 latency {_ms(m.latency)} is above the bound of {bound}"
    )  # fmt: skip


def _budget(facts: Facts, lane: Lane, d: Deployment, _m: Measured) -> str:
    context: Context = facts.context
    bounds = {
        "the route's max_cost_usd": lane.plan.max_cost,
        "the request's budget": UNBOUNDED if context.budget_usd is None else pico(context.budget_usd),
        "the tenant's budget a request": facts.seated.budget,
    }
    name = min(bounds, key=bounds.__getitem__)
    if facts.prices is None:
        return f"the cost is above {name}"
    costs = facts.prices.costs(context.input_tokens, context.cached_input_tokens, context.output_tokens)
    place = next(i for i, other in enumerate(lane.deployments) if other is d)
    return f"${usd(costs[place])} ({facts.prices.bases[place]} price) is above {name}, ${usd(bounds[name])}"


_SENTENCES: dict[Reason, Sentence] = {
    Reason.SAFE_MODE: lambda _f, _l, _d, _m: "safe mode is on and the policy's `safe_mode.allow` does not list it",
    Reason.DISABLED: _disabled,
    Reason.NOT_RELEASED: lambda f, _l, d, _m: f"provider `{d.provider}` is not released to `{f.context.tenant}`",
    Reason.TENANT_DENIED: lambda f, _l, d, _m: f"provider `{d.provider}` does not admit tenant `{f.context.tenant}`",
    Reason.NO_CREDENTIAL: _credential,
    Reason.MODALITY: _modality,
    Reason.MISSING_CAPABILITY: _capability,
    Reason.LANGUAGE: _language,
    Reason.PRIVACY: _privacy,
    Reason.REGION: _region,
    Reason.CONTEXT_WINDOW: _window,
    Reason.QUOTA: _quota,
    Reason.CIRCUIT_OPEN: lambda _f, _l, _d, _m: "its circuit is open after failures",
    Reason.HEALTH: _health,
    Reason.LATENCY: _latency,
    Reason.BUDGET: _budget,
}
