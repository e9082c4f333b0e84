"""The benchmark's policy cut down to what a general policy engine or a flag evaluator can say, as plain JSON values.

Kept: the routes' matches, the checks that somebody fails (privacy, capabilities, context and output window, health,
latency, budget), the cheapest of what is left. Left out: the trace, the other strategies, experiments, fallbacks, safe
mode, tenants' lists, credentials, quotas, circuits, freshness of signals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks import _policies
from pxctl.model.context import Context
from pxctl.policy.bound import Bound
from pxctl.policy.integers import pico


def document(bound: Bound, contexts: Sequence[Context]) -> dict[str, Any]:
    """`data` and `inputs` for the peers, and what this project answers; `bound` has every route `cheapest`."""
    config = bound.compiled.config
    routes, deployments = [], {}
    for number, route in enumerate(config.policies["default"].routes):
        lane = bound.router("default").lane(number, None)
        match = route.match.model_dump(mode="json", exclude_none=True)
        entry = {name: match[name] for name in ("task_type", "tier", "privacy", "business_line") if match.get(name)}
        if match.get("input_tokens"):
            entry["most_input"] = match["input_tokens"]["max"]
        weights = [[d.id, units // 5040] for d, units in zip(lane.plan.candidates, lane.plan.units, strict=True)]
        routes.append({"match": entry, "candidates": [name for name, _ in weights], "weights": weights})
        for d in lane.plan.candidates:
            signal = bound.signals.deployments[d.id]
            rate = d.rate
            if rate is None:
                raise ValueError(f"`{d.id}` has no price")
            deployments[d.id] = {
                "privacy": d.privacy, "capabilities": sorted(d.capabilities), "context": d.context_tokens,
                "output": d.max_output_tokens, "health": signal.health, "latency": signal.latency_p95_ms,
                "price_in": rate.input, "price_out": rate.output,
            }  # fmt: skip
    answers = [bound.decide(context) for context in contexts]
    return {
        "data": {"routes": routes, "deployments": deployments},
        "inputs": [_input(bound, context) for context in contexts],
        "routes": [int((facts.route or "r-1")[1:]) for facts in answers],
        "primaries": [facts.primary for facts in answers],
    }


def _input(bound: Bound, context: Context) -> dict[str, Any]:
    tenant = bound.compiled.config.tenants[context.tenant]
    budget = pico(context.budget_usd) if context.budget_usd is not None else 10**12
    return {
        "tenant": context.tenant, "task_type": context.task_type, "tier": tenant.tier,
        "business_line": tenant.business_line, "privacy": context.privacy,
        "level": _policies.LEVELS.index(context.privacy), "features": sorted(context.features),
        "input_tokens": context.input_tokens, "output_tokens": context.output_tokens,
        "sla": 1500 if context.sla_ms is None else min(1500, context.sla_ms), "budget": min(budget, 10**12),
        "key": str(context.request_key),
    }  # fmt: skip
