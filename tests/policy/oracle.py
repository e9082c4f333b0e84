"""The oracle: what a decision is, a fourth time, plain and slow, from DESIGN section 4 and docs/semantics.md alone.

Nothing of `pxctl.policy` is read or imported here. The result is the JSON form of a `Decision`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from math import floor
from typing import Any, NamedTuple

from tests.policy.oracle_numbers import micro, microseconds, millionths, mix, neglog, normalise, utc

from pxctl.core.bucketing import bucket
from pxctl.core.digest import key64
from pxctl.core.errors import ContextError
from pxctl.model.base import MODALITIES, duration_ms
from pxctl.model.configuration import Configuration
from pxctl.model.context import Context
from pxctl.model.provider import ModelSpec, Price
from pxctl.model.routing import Balanced, Match, Route, candidate_text, candidate_weight
from pxctl.model.signals import DeploymentSignal, Signals
from pxctl.model.tenant import Tenant

NOTHING = DeploymentSignal()
Deployment = tuple[str, str, str]
Entry = dict[str, Any]


def text(d: Deployment) -> str:
    return f"{d[0]}/{d[1]}@{d[2]}"


class Ask(NamedTuple):
    """One question: everything that the checks and the ranking look at."""

    context: Context
    tenant: Tenant
    route: Route
    signals: Signals
    allowed: set[Deployment] | None
    key: int

    def signal(self, d: Deployment) -> DeploymentSignal:
        return self.signals.deployments.get(text(d), NOTHING)


class Oracle:
    def __init__(self, config: Configuration, withheld: Mapping[str, frozenset[str]] | None = None) -> None:
        self.config, self.withheld = config, withheld or {}
        self.levels = list(config.project.privacy_levels)
        known: dict[str, set[str]] = {d: set() for d in ("task_type", "task_tags", "language", "region", "features")}
        for policy in config.policies.values():
            for route in policy.routes:
                for dimension, values in known.items():
                    values.update(getattr(route.match, dimension) or ())
        for provider in config.providers.values():
            for spec in provider.models:
                known["language"].update(spec.languages)
                known["features"].update(spec.capabilities)
        known["region"].update(t.region for t in config.tenants.values())
        self.known = known
        self.expand = cache(self._expand)
        self.fresh = timedelta(milliseconds=duration_ms(config.project.thresholds.health_fresh))
        self.quote_fresh = timedelta(milliseconds=duration_ms(config.project.thresholds.quote_fresh))

    def _expand(self, ref: str) -> list[Deployment]:
        rest, _, region = ref.rpartition("@") if "@" in ref else (ref, "", "")
        name, _, model = rest.partition("/")
        provider = self.config.providers.get(name)
        if provider is None:
            return []
        wanted = [model] if model else [provider.default_model, *provider.fallback_models]
        if not model and provider.default_model is None:
            return []
        serves = {m.id for m in provider.models}
        regions = [e.region for e in provider.endpoints if not region or e.region == region]
        return [(name, m, r) for m in wanted if m in serves for r in regions]

    def expand_all(self, refs: list[tuple[str, int]]) -> dict[Deployment, int]:
        """Deployments in order, each with its weight units."""
        out: dict[Deployment, int] = {}
        for ref, weight in refs:
            several = self.expand(ref)
            for deployment in several:
                out.setdefault(deployment, weight * 5040 // len(several))
        return out

    def as_known(self, dimension: str, value: str) -> str:
        return value if value in self.known[dimension] or (value == "und" and dimension == "language") else "other"

    def matches(self, match: Match, c: Context, tenant: Tenant) -> bool:
        single = {"tenant": c.tenant, "tier": tenant.tier, "business_line": tenant.business_line,
                  "modality": c.modality, "privacy": c.privacy, "risk_level": c.risk_level,
                  "task_type": self.as_known("task_type", c.task_type),
                  "language": self.as_known("language", c.language),
                  "region": self.as_known("region", c.region if c.region is not None else tenant.region)}  # fmt: skip
        for dimension, value in single.items():
            listed = getattr(match, dimension)
            if listed is not None and value not in listed:
                return False
        for dimension in ("task_tags", "features"):
            listed = getattr(match, dimension)
            if listed is not None and not any(self.as_known(dimension, v) in listed for v in getattr(c, dimension)):
                return False
        for dimension in ("input_tokens", "output_tokens", "budget_usd", "sla_ms"):
            bounds, value = getattr(match, dimension), getattr(c, dimension)
            if bounds is None:
                continue
            if value is None and bounds.max is not None:
                return False
            if value is not None and bounds.min is not None and value < bounds.min:
                return False
            if value is not None and bounds.max is not None and value > bounds.max:
                return False
        return True

    def health_class(self, d: Deployment, ask: Ask) -> int:
        s, now = ask.signal(d), ask.signals.now
        if s.health is None:
            return 2
        return 0 if s.health_at is not None and utc(now) - utc(s.health_at) <= self.fresh else 1

    def price(self, spec: ModelSpec, signal: DeploymentSignal, c: Context, now: datetime) -> tuple[Price, str]:
        at = signal.quote_at
        if signal.quote is not None and at is not None and utc(now) - utc(at) <= self.quote_fresh:
            return signal.quote, "quote"
        if spec.price is not None:
            return spec.price, "file"
        return self.config.catalogue.ceiling(c.modality), "ceiling"

    def reason(self, d: Deployment, fallback: bool, ask: Ask) -> str | None:
        """The first check before `budget` that fails."""
        p, c, t, limit = self.config.providers[d[0]], ask.context, ask.tenant, ask.route.constraints
        spec = next(m for m in p.models if m.id == d[1])
        s = ask.signal(d)
        names = {"*", t.id, f"tier:{t.tier}", f"business_line:{t.business_line}"}
        inputs, outputs = MODALITIES[c.modality]
        top = self.levels[0] if p.compliance.privacy_max is None else p.compliance.privacy_max
        total = c.input_tokens + c.output_tokens
        if ask.allowed is not None and d not in ask.allowed:
            return "safe_mode"
        if not p.enabled or p.status not in (("active", "standby") if fallback else ("active",)):
            return "disabled"
        if p.id in self.withheld.get(t.id, ()):
            return "not_released"
        if names & set(p.tenants.deny) or not names & set(p.tenants.allow):
            return "tenant_denied"
        if p.secret_policy == "required" and (
            "api_key" not in p.credential_refs() or p.id in ask.signals.missing_credentials
        ):
            return "no_credential"
        if not inputs <= set(spec.modality.input) or not outputs <= set(spec.modality.output):
            return "modality"
        if not set(c.features) <= set(spec.capabilities):
            return "missing_capability"
        if c.language != "und" and c.language not in spec.languages and "*" not in spec.languages:
            return "language"
        if top not in self.levels or self.levels.index(c.privacy) > self.levels.index(top):
            return "privacy"
        if limit.regions is not None and d[2] not in limit.regions:
            return "region"
        if p.compliance.data_regions and d[2] not in p.compliance.data_regions:
            return "region"
        if spec.context_tokens is not None and total > spec.context_tokens:
            return "context_window"
        if spec.max_output_tokens is not None and c.output_tokens > spec.max_output_tokens:
            return "context_window"
        if s.quota_requests == 0 or (s.quota_tokens is not None and s.quota_tokens < total):
            return "quota"
        if s.circuit == "open":
            return "circuit_open"
        if fallback:
            return None
        low = limit.min_health
        if low is not None and (s.health is None or millionths(s.health) < millionths(low)):
            return "health"
        bounds = [b for b in (limit.max_latency_ms, c.sla_ms) if b is not None]
        if bounds and (s.latency_p95_ms is None or microseconds(s.latency_p95_ms) > min(bounds) * 1000):
            return "latency"
        return None

    def consider(self, ds: Iterable[Deployment], fallback: bool, ask: Ask) -> list[Entry]:
        out, c = [], ask.context
        budgets = [ask.route.constraints.max_cost_usd, c.budget_usd, ask.tenant.budget.usd_per_request]
        for d in ds:
            why, cost, basis = self.reason(d, fallback, ask), None, None
            if why is None:
                spec = next(m for m in self.config.providers[d[0]].models if m.id == d[1])
                price, basis = self.price(spec, ask.signal(d), c, ask.signals.now)
                cached = price.input_per_mtok if price.cached_input_per_mtok is None else price.cached_input_per_mtok
                cost = (c.input_tokens - c.cached_input_tokens) * micro(price.input_per_mtok)
                cost += c.cached_input_tokens * micro(cached) + c.output_tokens * micro(price.output_per_mtok)
                if any(b is not None and cost > micro(b) * 10**6 for b in budgets):
                    why = "budget"
            entry: Entry = {"deployment": text(d), "kept": why is None, "reason": why, "rank": None, "score": None}
            out.append(entry | {"cost": cost, "cost_basis": basis, "stale_health": self.health_class(d, ask) == 1})
        return out

    def scores(self, strategy: Any, kept: dict[Deployment, Entry], units: Any, ask: Ask) -> list[int]:
        found = [ask.signal(d) for d in kept]
        costs = [entry["cost"] for entry in kept.values()]
        latency = [None if s.latency_p95_ms is None else microseconds(s.latency_p95_ms) for s in found]
        if strategy == "priority":
            return [self.config.providers[d[0]].priority for d in kept]
        if strategy == "weighted":
            drawn = [(neglog(mix(ask.key, text(d)) >> 52) << 20, units[d]) for d in kept]
            return [x // w if w else 2**62 for x, w in drawn]
        if strategy == "cheapest":
            return costs
        if strategy == "fastest":
            return [2**62 if x is None else x for x in latency]
        if isinstance(strategy, Balanced):
            health = [None if s.health is None else 1_000_000 - millionths(s.health) for s in found]
            w = strategy.balanced
            rows = zip(*(normalise(xs) for xs in (health, costs, latency)), strict=True)
            return [floor(((w.health * h) + w.cost * c + w.latency * x) * 2**30) for h, c, x in rows]
        return [0] * len(kept)

    def decide(self, c: Context, signals: Signals) -> dict[str, Any]:
        tenant = self.config.tenants.get(c.tenant)
        if tenant is None or c.privacy not in self.levels:
            raise ContextError("unknown tenant or privacy")
        policy = self.config.policies.get(tenant.policy or "default")
        if policy is None:
            raise ContextError("unknown policy")
        safe = signals.safe_mode.covers(tenant.id, tenant.business_line)
        out: dict[str, Any] = {
            "schema_version": 1, "trace_id": c.trace_id, "tenant": tenant.id, "policy": policy.name,
            "policy_version": None, "source": None, "route": None, "experiment": None, "arm": None, "primary": None,
            "fallbacks": [], "from_fallbacks": False, "degraded": False, "safe_mode": safe, "refusal": None,
            "cost": None, "cost_basis": None, "strategy": None, "candidates": [], "listed_fallbacks": [],
        }  # fmt: skip
        if tenant.privacy_max not in self.levels or self.levels.index(c.privacy) > self.levels.index(
            tenant.privacy_max
        ):
            return out | {"refusal": "privacy_ceiling"}
        route = next((r for r in policy.routes if self.matches(r.match, c, tenant)), None)
        if route is None:
            return out | {"refusal": "no_route"}
        key = c.request_key if c.request_key is not None else key64(c.trace_id)
        candidates, strategy = route.candidates, route.strategy
        if route.experiment is not None:
            out["experiment"], out["arm"] = route.experiment.name, "control"
            seed = route.experiment.seed or f"experiment/{policy.name}/{route.experiment.name}"
            per_tenant = route.experiment.unit == "tenant"
            at = bucket(seed, tenant.id) if per_tenant else ((mix(key, seed) >> 32) * 10_000) >> 32
            start = 0
            for name, arm in route.experiment.arms.items():
                end = start + int(arm.share * 100)
                if start <= at < end:
                    out["arm"] = name
                    candidates = candidates if arm.candidates is None else arm.candidates
                    strategy = strategy if arm.strategy is None else arm.strategy
                start = end
        allowed = None
        if safe:
            allowed = set(self.expand_all([(r, 0) for r in policy.safe_mode.allow])) if policy.safe_mode else set()
        ask = Ask(c, tenant, route, signals, allowed, key)
        units = self.expand_all([(candidate_text(x), candidate_weight(x)) for x in candidates])
        listed = self.expand_all([(ref, 0) for ref in route.fallbacks])
        first, second = self.consider(units, False, ask), self.consider(listed, True, ask)
        kept = {d: e for d, e in zip(units, first, strict=True) if e["kept"]}
        for e, score in zip(kept.values(), self.scores(strategy, kept, units, ask), strict=True):
            e["score"] = score
        chain = sorted(kept, key=lambda d: (self.health_class(d, ask), kept[d]["score"]))  # stable: then as listed
        for rank, d in enumerate(chain):
            kept[d]["rank"] = rank
        passing = {d: e for d, e in zip(listed, second, strict=True) if e["kept"]}
        chain += [d for d in passing if d not in kept]
        out |= {"route": route.name, "candidates": first, "listed_fallbacks": second}
        out["strategy"] = "balanced" if isinstance(strategy, Balanced) else strategy
        if not chain:
            return out | {"refusal": "no_candidate"}
        head = (kept or passing)[chain[0]]
        out |= {"primary": head["deployment"], "from_fallbacks": not kept, "degraded": head["stale_health"]}
        out |= {"fallbacks": [text(d) for d in chain[1 : 1 + route.max_fallbacks]]}
        return out | {"cost": head["cost"], "cost_basis": head["cost_basis"]}
