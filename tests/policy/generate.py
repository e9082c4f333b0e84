"""Random configurations, contexts and signals, small in every dimension so that values meet often.

Everything draws from one `random.Random`, so that a seed names a case and hypothesis can shrink one
(`st.randoms(use_true_random=False)`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from pxctl.model.base import MODALITIES
from pxctl.model.catalogue import Catalogue
from pxctl.model.configuration import Configuration
from pxctl.model.context import Context
from pxctl.model.project import Project
from pxctl.model.provider import Price, Provider
from pxctl.model.routing import Policy
from pxctl.model.signals import Signals
from pxctl.model.tenant import Tenant

NOW = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
REGIONS = ("us", "eu", "ap", "sa")
LEVELS = ("public", "internal", "confidential", "restricted")
MODELS = ("small", "large", "org/model-8b", "vision-1", "embed-1")
TASKS = ("chat", "extraction", "code", "other")
TAGS = ("finance", "legal", "other", "short")
FEATURES = ("tools", "json_schema", "streaming", "other")
LANGUAGES = ("en", "de", "pt-br", "other", "und")
TIERS = ("free", "silver", "gold")
LINES = ("retail", "research")
PRICES = ("0", "0.000001", "0.1", "0.4", "1.6", "15", "75.5")
STRATEGIES: tuple[Any, ...] = ("listed", "priority", "weighted", "cheapest", "fastest", "balanced")


def some(rng: Random, values: Any, low: int = 1) -> list[Any]:
    values = list(values)
    return rng.sample(values, rng.randint(low, min(3, len(values))))


def maybe(rng: Random, chance: float, value: Any) -> Any:
    return value if rng.random() < chance else None


def given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def price(rng: Random) -> dict[str, Any]:
    return given({
        "input_per_mtok": rng.choice(PRICES),
        "cached_input_per_mtok": maybe(rng, 0.5, rng.choice(PRICES)),
        "output_per_mtok": rng.choice(PRICES),
    })  # fmt: skip


def model(rng: Random, name: str) -> dict[str, Any]:
    inputs, outputs = MODALITIES[rng.choice((*["chat"] * 40, *MODALITIES))]
    extra = maybe(rng, 0.3, rng.choice(("image", "audio", "embedding")))
    return given({
        "id": name,
        "modality": {"input": sorted(inputs | {"image"}) if rng.random() < 0.6 else sorted(inputs),
                     "output": sorted(outputs | ({extra} if extra else set()))},
        "capabilities": [f for f in FEATURES[:3] if rng.random() < 0.9],
        "context_tokens": maybe(rng, 0.8, rng.choice((100, 4_000, 128_000, 128_000, 256_000))),
        "max_output_tokens": maybe(rng, 0.6, rng.choice((50, 4_000, 128_000))),
        "languages": rng.choice((*[["*"]] * 9, ["en"], ["en", "DE"], ["de", "pt_BR"], ["en", "*"])),
        "price": maybe(rng, 0.8, price(rng)),
    })  # fmt: skip


def access(rng: Random, tenants: list[str], empty: float) -> list[str]:
    if rng.random() < empty:
        return []
    pool = ["*", *tenants[:2], "tier:free", "tier:gold", "business_line:retail", "tier:nobody"]
    return some(rng, pool)


def provider(rng: Random, name: str, tenants: list[str]) -> Provider:
    models = rng.sample(MODELS, rng.randint(1, 3))
    kind = rng.choice(("openai_compatible", "anthropic", "ollama"))
    return Provider.model_validate(given({
        "id": name, "display_name": name, "kind": kind,
        "enabled": rng.random() < 0.97,
        "status": rng.choice(("active",) * 30 + ("standby", "standby", "draft", "disabled")),
        "priority": rng.randint(0, 3) * 10,
        "endpoints": [{"region": r, "url": f"https://{r}.example.test"} for r in some(rng, REGIONS)],
        "secret_policy": maybe(rng, 0.7, rng.choice(("required", "required", "optional", "none"))),
        "credential_ref": maybe(rng, 0.95, "env://KEY"),
        "credentials": maybe(rng, 0.2, {rng.choice(("api_key", "webhook_secret")): "env://OTHER"}),
        "default_model": maybe(rng, 0.7, rng.choice(models)),
        "fallback_models": [rng.choice((*models, "absent")) for _ in range(rng.randint(0, 2))],
        "models": [model(rng, m) for m in models],
        "compliance": given({
            "privacy_max": maybe(rng, 0.9, rng.choice((*LEVELS[1:], *LEVELS[2:], *LEVELS[3:] * 4, "secret-sauce"))),
            "data_regions": maybe(rng, 0.1, some(rng, REGIONS))}),
        "tenants": {"allow": ["*"] if rng.random() < 0.93 else access(rng, tenants, 0.1),
                    "deny": access(rng, tenants[:1], 0.1) if rng.random() < 0.05 else []},
    }))  # fmt: skip


def reference(rng: Random, providers: dict[str, Provider]) -> str:
    p = rng.choice(list(providers.values()))
    roll = rng.random()
    if roll < 0.15:
        return p.id
    if roll < 0.18:
        return rng.choice(("nobody", "nobody/small", f"{p.id}/absent", f"{p.id}/{p.models[0].id}@mars"))
    name = f"{p.id}/{rng.choice(p.models).id}"
    return name if roll < 0.6 else f"{name}@{rng.choice(p.endpoints).region}"


def candidates(rng: Random, providers: dict[str, Provider]) -> list[Any]:
    def one() -> Any:
        ref = reference(rng, providers)
        return ref if rng.random() < 0.5 else {"deployment": ref, "weight": rng.choice((0, 1, 10, 80, 1_000_000))}

    return [one() for _ in range(rng.randint(1, 6))]


def bounds(rng: Random, values: Any) -> dict[str, Any]:
    low, high = sorted(rng.choices(values, k=2))
    return rng.choice(({"min": low}, {"max": high}, {"min": low, "max": high}))


def match(rng: Random, tenants: list[str], closed: float) -> dict[str, Any]:
    pools: dict[str, Any] = {
        "tenant": tenants, "tier": TIERS, "business_line": LINES, "task_type": TASKS, "task_tags": TAGS,
        "modality": list(MODALITIES), "language": ("en", "de", "pt-BR", "other", "und"), "privacy": LEVELS,
        "risk_level": ("low", "medium", "high"), "region": (*REGIONS, "other"), "features": FEATURES,
    }  # fmt: skip
    out: dict[str, Any] = {d: some(rng, pool) for d, pool in pools.items() if rng.random() < closed}
    for dimension, values in (("input_tokens", TOKENS), ("output_tokens", TOKENS), ("sla_ms", SLAS)):
        if rng.random() < closed / 2:
            out[dimension] = bounds(rng, values)
    if rng.random() < closed / 2:
        out["budget_usd"] = bounds(rng, [Decimal(b) for b in BUDGETS])
    return out


TOKENS = (0, 10, 10, 50, 50, 99, 100, 3_000, 4_000, 128_000)
SLAS = (0, 100, 500, 1_000, 3_000)
HEALTHS = (0.0, 0.5, 0.7999996, 0.8, 0.95, 0.95, 0.99, 0.99, 0.999, 0.999, 1.0, 1.0)
LATENCIES = (0.0, 20.5, 99.9996, 100.0004, 100.0006, 480.0, 2e9, 1e300)
BUDGETS = ("0", "0.000001", "0.000041", "0.0016", "0.05", "2")


def strategy(rng: Random) -> Any:
    name = rng.choice(STRATEGIES)
    if name != "balanced":
        return name
    weights = {k: rng.choice((0, 0.1, 0.2, 0.5, 1, 3.7)) for k in ("health", "cost", "latency")}
    return {"balanced": weights if sum(weights.values()) > 0 else {"cost": 1}}


def experiment(rng: Random, providers: dict[str, Provider]) -> dict[str, Any]:
    shares = rng.choice((["10"], ["50"], ["33.33", "33.33"], ["0", "100"], ["100"], ["0.01", "49.99", "25"]))
    arms = {
        f"arm-{i}": given({
            "share": share,
            "candidates": maybe(rng, 0.6, candidates(rng, providers)),
            "strategy": maybe(rng, 0.6, strategy(rng)),
        })
        for i, share in enumerate(shares)
    }  # fmt: skip
    return given({
        "name": "trial", "unit": rng.choice(("tenant", "request")),
        "seed": maybe(rng, 0.3, "own-seed"), "arms": arms,
    })  # fmt: skip


def route(rng: Random, name: str, providers: dict[str, Provider], tenants: list[str], closed: float) -> dict[str, Any]:
    return given({
        "name": name,
        "match": match(rng, tenants, closed),
        "constraints": given({
            "regions": maybe(rng, 0.15, some(rng, REGIONS)),
            "min_health": maybe(rng, 0.3, rng.choice((0.0, 0.5, 0.8, 0.9999995))),
            "max_latency_ms": maybe(rng, 0.3, rng.choice((100, 500, 1_000))),
            "max_cost_usd": maybe(rng, 0.3, rng.choice(BUDGETS)),
        }),
        "strategy": strategy(rng),
        "candidates": candidates(rng, providers),
        "fallbacks": [reference(rng, providers) for _ in range(rng.randint(0, 3))],
        "max_fallbacks": rng.choice((0, 1, 3, 3, 20)),
        "experiment": maybe(rng, 0.3, experiment(rng, providers)),
    })  # fmt: skip


def policy(rng: Random, name: str, providers: dict[str, Provider], tenants: list[str]) -> Policy:
    count = rng.randint(1, 7)
    closed = rng.choice((0.05, 0.1, 0.2))
    routes = [route(rng, f"r{i}", providers, tenants, closed) for i in range(count)]
    if rng.random() < 0.85:
        routes.append(route(rng, "rest", providers, tenants, 0))
    return Policy.model_validate(given({
        "name": name, "routes": routes,
        "safe_mode": maybe(rng, 0.7, {"allow": [reference(rng, providers) for _ in range(rng.randint(1, 3))]}),
    }))  # fmt: skip


def tenant(rng: Random, name: str) -> Tenant:
    return Tenant.model_validate(given({
        "id": name, "tier": rng.choice(TIERS), "business_line": rng.choice(LINES), "region": rng.choice(REGIONS),
        "privacy_max": rng.choice((*LEVELS, *LEVELS[2:] * 3, *["restricted"] * 8, "unheard-of")),
        "policy": rng.choice((*[None] * 20, *["default"] * 8, *["special"] * 15, "gone")),
        "budget": maybe(rng, 0.3, {"usd_per_request": rng.choice(BUDGETS[1:])}),
    }))  # fmt: skip


def configuration(rng: Random) -> Configuration:
    names = [f"t{i}" for i in range(rng.randint(2, 6))]
    providers = {f"p{i}": provider(rng, f"p{i}", names) for i in range(rng.randint(2, 7))}
    ceilings = {m: price(rng) for m in MODALITIES if rng.random() < 0.5}
    return Configuration(
        project=Project.model_validate({
            "environments": {"production": {}}, "privacy_levels": LEVELS,
            "thresholds": {"health_fresh": rng.choice(("0s", "5m")), "quote_fresh": rng.choice(("1h", "250ms"))},
        }),
        providers=providers,
        policies={name: policy(rng, name, providers, names) for name in ("default", "special")},
        tenants={name: tenant(rng, name) for name in names},
        catalogue=Catalogue.model_validate({"ceilings": ceilings}),
    )  # fmt: skip


def withheld(rng: Random, config: Configuration) -> dict[str, frozenset[str]]:
    """Providers that flags do not release, for some of the tenants."""
    return {t: frozenset(rng.sample(sorted(config.providers), 1)) for t in config.tenants if rng.random() < 0.1}


def moment(rng: Random) -> datetime:
    step = rng.choice((-300_000, -300_001, -1_000, 0, 1, 60_000, -3_600_000, -3_600_001, -250, -86_400_000))
    at = NOW + timedelta(milliseconds=step)
    return at.replace(tzinfo=None) if rng.random() < 0.1 else at


def signals(rng: Random, config: Configuration) -> Signals:
    found: dict[str, Any] = {}
    known = rng.choice((0.0, 0.8, 0.95, 1.0))
    for p in config.providers.values():
        for m in p.models:
            for e in p.endpoints:
                if rng.random() < known:
                    found[f"{p.id}/{m.id}@{e.region}"] = given({
                        "health": maybe(rng, 0.9, rng.choice(HEALTHS)),
                        "health_at": maybe(rng, 0.9, NOW if rng.random() < 0.5 else moment(rng)),
                        "latency_p95_ms": maybe(rng, 0.9, rng.choice(LATENCIES)),
                        "circuit": rng.choice(("closed",) * 24 + ("half_open", "open")),
                        "quota_requests": maybe(rng, 0.1, rng.choice((0, 1, 500))),
                        "quota_tokens": maybe(rng, 0.1, rng.choice((0, 100, 8_000))),
                        "quote": maybe(rng, 0.4, price(rng)),
                        "quote_at": maybe(rng, 0.8, moment(rng)),
                    })  # fmt: skip
    lines = [rng.choice(LINES)] if rng.random() < 0.05 else []
    names = [rng.choice(sorted(config.tenants))] if rng.random() < 0.1 else []
    missing = rng.sample(sorted(config.providers), 1) if rng.random() < 0.15 else []
    safe = {"environment": rng.random() < 0.03, "business_lines": lines, "tenants": names}
    return Signals.model_validate({"now": NOW, "deployments": found, "missing_credentials": missing, "safe_mode": safe})


def context(rng: Random, config: Configuration, names: tuple[str, ...]) -> Context:
    """A context; one in 200 names an unknown tenant or privacy level."""
    random, choice = rng.random, rng.choice
    tokens_in = choice(TOKENS) if random() < 0.8 else int(random() * 9_000)
    budget = choice(BUDGETS) if random() < 0.2 else None
    return Context(
        tenant=choice(names) if random() < 0.9975 else "stranger",
        privacy=LEVELS[int(4 * random() ** 3)] if random() < 0.9975 else "nonsense",
        task_type=choice(TASKS) if random() < 0.9 else "poetry",
        task_tags=tuple(rng.sample((*TAGS, "unseen"), int(random() * 3))),
        modality="chat" if random() < 0.92 else choice(tuple(MODALITIES)),  # type: ignore[arg-type]
        language=choice(LANGUAGES) if random() < 0.95 else choice(("fr", "EN", "pt_BR", "*")),
        risk_level=choice(("low", "medium", "high")),
        region=choice((*REGIONS, "mars")) if random() < 0.4 else None,
        features=tuple(rng.sample((*FEATURES[:3] * 4, "telepathy"), int(random() * 1.4))),
        input_tokens=tokens_in,
        cached_input_tokens=choice((0, tokens_in // 2, tokens_in)),
        output_tokens=choice(TOKENS) if random() < 0.4 else 0,
        budget_usd=None if budget is None else Decimal(budget),
        sla_ms=choice(SLAS) if random() < 0.1 else None,
        trace_id=f"{rng.getrandbits(32):x}" if random() < 0.8 else "",
        request_key=rng.getrandbits(64) if random() < 0.2 else None,
    )


__all__ = ["NOW", "Price", "configuration", "context", "signals", "withheld"]
