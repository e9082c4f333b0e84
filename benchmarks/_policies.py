"""Made-up but complete configurations for the policy benchmarks: seeded, so that every run measures the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from pxctl.model.configuration import Configuration
from pxctl.model.context import Context
from pxctl.model.project import Project
from pxctl.model.provider import Provider
from pxctl.model.routing import Policy
from pxctl.model.signals import DeploymentSignal, Signals
from pxctl.model.tenant import Tenant

NOW = datetime(2026, 11, 1, 10, tzinfo=UTC)
TIERS = ("free", "silver", "gold", "platinum")
LINES = ("retail", "health", "logistics")
LEVELS = ("public", "internal", "confidential", "restricted")
STRATEGIES: tuple[Any, ...] = (
    "listed", "priority", "weighted", "cheapest", "fastest", {"balanced": {"health": 0.5, "cost": 0.3, "latency": 0.2}},
)  # fmt: skip


def configuration(
    routes: int, candidates: int, deployments: int = 60, tenants: int = 200, seed: int = 1
) -> Configuration:
    """`deployments` providers of one model each; routes of `candidates` and three fallbacks, strategies in turn."""
    rng = Random(seed)
    names = [f"p{i}" for i in range(deployments)]
    return Configuration(
        project=Project.model_validate({"environments": {"production": {}}}),
        providers={name: _provider(rng, name, i) for i, name in enumerate(names)},
        policies={"default": Policy.model_validate({
            "name": "default",
            "safe_mode": {"allow": [f"{name}/m" for name in names[:5]]},
            "routes": [_route(rng, i, routes, candidates, names) for i in range(routes)],
        })},
        tenants={
            name: Tenant(id=name, tier=rng.choice(TIERS), business_line=rng.choice(LINES), region="eu",
                         privacy_max="restricted")
            for name in (f"t{i}" for i in range(tenants))
        },
    )  # fmt: skip


def _provider(rng: Random, name: str, place: int) -> Provider:
    return Provider.model_validate({
        "id": name, "display_name": name, "kind": "other", "status": "active", "priority": rng.randint(1, 50),
        "endpoints": [{"region": "eu" if place % 3 else "us", "url": "http://127.0.0.1"}], "secret_policy": "none",
        "models": [{
            "id": "m", "capabilities": ["tools", "json_schema"] if place % 4 else ["tools"],
            "modality": {"input": ["text", "image"] if place % 2 else ["text"]},
            "context_tokens": 16_000 * (1 + place % 8), "max_output_tokens": 8_000,
            "price": {"input_per_mtok": rng.randint(1, 500) / 100, "output_per_mtok": rng.randint(1, 900) / 100},
        }],
        "compliance": {"privacy_max": LEVELS[1 + place % 3]},
    })  # fmt: skip


def _route(rng: Random, number: int, routes: int, candidates: int, names: Sequence[str]) -> dict[str, Any]:
    chosen = rng.sample(list(names), candidates + 3)
    match: dict[str, Any] = {"task_type": [f"task-{number % max(1, routes // 2)}"]}
    match |= {"tier": rng.sample(TIERS, 3)} if number % 2 else {}
    match |= {"privacy": rng.sample(LEVELS, 3)} if number % 3 else {}
    match |= {"business_line": rng.sample(LINES, 2)} if number % 5 == 1 else {}
    match |= {"input_tokens": {"max": rng.randint(2_000, 20_000)}} if number % 7 == 2 else {}
    return {
        "name": f"r{number}", "match": {} if number == routes - 1 else match,
        "strategy": STRATEGIES[number % len(STRATEGIES)],
        "constraints": {"min_health": 0.8, "max_latency_ms": 1_500, "max_cost_usd": 1},
        "candidates": [
            {"deployment": f"{name}/m", "weight": rng.choice([10, 20, 50, 100])} for name in chosen[:candidates]
        ],
        "fallbacks": [f"{name}/m" for name in chosen[candidates:]],
    }  # fmt: skip


def signals(config: Configuration, seed: int = 2) -> Signals:
    """Everybody measured just now, one in twenty ill."""
    rng = Random(seed)
    made = {}
    for provider in config.providers.values():
        health = 0.5 if rng.random() < 0.05 else rng.uniform(0.85, 1.0)
        made[f"{provider.id}/m@{provider.endpoints[0].region}"] = DeploymentSignal(
            health=health, health_at=NOW, latency_p95_ms=rng.uniform(100, 1_400)
        )
    return Signals(now=NOW, deployments=made)


def contexts(config: Configuration, count: int, seed: int = 3) -> list[Context]:
    """Requests of every tenant and task; half with a tool, a third with an SLA, a quarter with a budget."""
    rng = Random(seed)
    tenants, tasks = list(config.tenants), max(1, len(config.policies["default"].routes) // 2)
    return [
        Context.model_validate({
            "tenant": rng.choice(tenants), "privacy": rng.choice(LEVELS[:3]),
            "task_type": f"task-{rng.randrange(tasks)}",
            "features": ["tools"] if i % 2 else [], "input_tokens": rng.randint(50, 12_000),
            "output_tokens": rng.randint(10, 2_000), "sla_ms": 1_200 if i % 3 == 0 else None,
            "budget_usd": "0.5" if i % 4 == 0 else None, "request_key": rng.getrandbits(64),
        })
        for i in range(count)
    ]  # fmt: skip
