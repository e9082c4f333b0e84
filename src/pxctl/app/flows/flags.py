"""What the flags say about each tenant: providers that are withheld, safe mode and its thresholds.

| flag | kind | asked for | means |
|---|---|---|---|
| `model-provider-registry` | boolean | tenant, provider | false: the provider is not released to the tenant |
| `provider-health-check` | boolean | provider | false: its health is not measured, and it never counts as degraded |
| `provider-degradation` | string | tenant, provider | `withhold` (not released while degraded) or `route-around` |
| `multi-model-router` | boolean | tenant | false: one provider only, the tenant's first (`single_provider`) |
| `routing-safe-mode` | boolean | tenant | true: only allow-listed deployments |
| `safe-mode-thresholds` | object | business line | `error_rate` and `window` from which safe mode trips by itself |

The context of a question holds `environment`, and of the tenant `targetingKey` and `tenant` (its id), `tier`,
`business_line`, `region`; `provider` where one is in question. A flag that is absent or DISABLED has the value that
changes nothing. A flag that errs is an error, never a guess, and a rule that reads the clock is refused: a decision
depends on files and signals, and the time of a change is what rollouts are for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pxctl.app.flows.flag_evaluator import FlagEvaluator, Resolution
from pxctl.core.errors import ConfigError
from pxctl.core.ids import parse_deployment
from pxctl.model.base import duration_ms
from pxctl.model.configuration import Configuration
from pxctl.model.provider import Provider
from pxctl.model.routing import candidate_text
from pxctl.model.signals import SafeMode, Signals
from pxctl.model.tenant import Tenant

REGISTRY = "model-provider-registry"
HEALTH_CHECK = "provider-health-check"
DEGRADATION = "provider-degradation"
ROUTER = "multi-model-router"
SAFE_MODE = "routing-safe-mode"
THRESHOLDS = "safe-mode-thresholds"
ROUTE_AROUND, WITHHOLD = "route-around", "withhold"
_NEUTRAL: dict[str, tuple[str, Any]] = {
    REGISTRY: ("boolean", True),
    HEALTH_CHECK: ("boolean", True),
    DEGRADATION: ("string", ROUTE_AROUND),
    ROUTER: ("boolean", True),
    SAFE_MODE: ("boolean", False),
    THRESHOLDS: ("object", {}),
}


@dataclass(frozen=True)
class Threshold:
    """From which share of failed requests, over which time, safe mode trips."""

    error_rate: float
    window_ms: int


@dataclass(frozen=True)
class FlagView:
    """The flags of one environment, evaluated. `withheld` goes to `policy.compile_config`."""

    environment: str
    withheld: Mapping[str, frozenset[str]] = field(default_factory=dict)
    safe_mode: SafeMode = field(default_factory=SafeMode)
    threshold: Threshold = Threshold(0.5, 60_000)
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    """By business line, where it differs from the environment's."""
    unchecked: frozenset[str] = frozenset()
    """Providers whose health is not to be measured."""
    single: Mapping[str, str | None] = field(default_factory=dict)
    """Tenants without multi-model routing, and the one provider that is left to each."""


class FlagSet:
    """All flag files of a configuration, for one environment."""

    def __init__(self, config: Configuration, environment: str) -> None:
        """Raises ConfigError for two definitions of one flag, a rule that reads the clock, or an unreadable file."""
        self.environment = environment
        self._owner: dict[str, FlagEvaluator] = {}
        self._narrow: dict[tuple[str, str | None], FlagEvaluator] = {}
        for name, file in sorted(config.flags.items()):
            data = file.model_dump(mode="json", by_alias=True, exclude_none=True)
            evaluator = FlagEvaluator(data, place=name)
            for key in evaluator.names():
                if key in self._owner:
                    raise ConfigError(f"{name}: flag `{key}` is also defined in {self._owner[key].place}")
                if key in _NEUTRAL and "$flagd" in (evaluator.reads(key) or ()):
                    raise ConfigError(
                        f"{name}: flag `{key}` reads the clock (`$flagd.timestamp`)",
                        hint="a rollout's steps say when a tenant gets something; decisions depend on no clock",
                    )
                self._owner[key] = evaluator

    def __contains__(self, key: str) -> bool:
        return key in self._owner

    def depends_on(self, key: str, name: str) -> bool:
        """Whether a flag's answer may differ with the variable `name` of the context."""
        owner = self._owner.get(key)
        reads = owner.reads(key) if owner else frozenset()
        return reads is None or name in reads

    def value(self, key: str, tenant: Tenant | None = None, provider: str | None = None, **more: str) -> Any:
        """The value of one of our flags, of its kind. Raises ConfigError that names file, flag and context."""
        kind, neutral = _NEUTRAL[key]
        owner = self._owner.get(key)
        if owner is None:
            return neutral
        context: dict[str, Any] = {"environment": self.environment, **more}
        if tenant is not None:
            context |= {"tenant": tenant.id, "tier": tenant.tier, "business_line": tenant.business_line,
                        "region": tenant.region}  # fmt: skip
        if provider is not None:
            context["provider"] = provider
        key_of = tenant.id if tenant else provider or self.environment
        narrow = self._narrow.get((owner.place, provider))
        if narrow is None:
            known = {"environment": self.environment, **({"provider": provider} if provider is not None else {})}
            narrow = self._narrow[owner.place, provider] = owner.with_known(known)
        found = narrow.resolve(key, neutral, context, kind, targeting_key=key_of)
        self._check(owner, key, key_of, found)
        return found.value

    def _check(self, owner: FlagEvaluator, key: str, asked: str, found: Resolution) -> None:
        fault = found.message or found.error if found.error else "; ".join(found.complaints)
        if fault:
            raise ConfigError(
                f"{owner.place}: flag `{key}` cannot be evaluated for `{asked}`: {fault.strip().rstrip('.')}",
                hint="see https://flagd.dev/reference/flag-definitions/ for what a rule may say",
            )


def evaluate_flags(
    config: Configuration,
    environment: str,
    *,
    tenants: Collection[str] | None = None,
    degraded: Collection[str] = (),
) -> FlagView:
    """The flags for the given tenants (default: all of the roster).

    `degraded` names the providers that are below what they must be (`degraded_providers`). Raises ConfigError.
    """
    flags = FlagSet(config, environment)
    providers = list(config.providers)
    unchecked = frozenset(p for p in providers if not flags.value(HEALTH_CHECK, provider=p))
    down = [p for p in providers if p in degraded and p not in unchecked] if DEGRADATION in flags else []
    chosen = config.tenants if tenants is None else {t: config.tenants[t] for t in tenants if t in config.tenants}
    withheld: dict[str, frozenset[str]] = {}
    single: dict[str, str | None] = {}
    safe: set[str] = set()
    shared: dict[frozenset[str], frozenset[str]] = {}
    for id_, tenant in chosen.items():
        away: set[str] = set()
        if REGISTRY in flags:
            away |= {p for p in providers if not flags.value(REGISTRY, tenant, p)}
        away |= {p for p in down if _strategy(flags, tenant, p) == WITHHOLD}
        if ROUTER in flags and not flags.value(ROUTER, tenant):
            single[id_] = only = single_provider(config, tenant, away)
            away |= {p for p in providers if p != only}
        if SAFE_MODE in flags and flags.value(SAFE_MODE, tenant):
            safe.add(id_)
        if away:
            frozen = frozenset(away)
            withheld[id_] = shared.setdefault(frozen, frozen)
    default = _threshold(config, flags.value(THRESHOLDS))
    lines = sorted({tenant.business_line for tenant in chosen.values()} | set(config.project.business_lines))
    by_line = {line: _threshold(config, flags.value(THRESHOLDS, business_line=line)) for line in lines}
    everywhere = bool(safe) and len(safe) == len(config.tenants) and not flags.depends_on(SAFE_MODE, "tenant") \
        and not flags.depends_on(SAFE_MODE, "targetingKey")  # fmt: skip
    return FlagView(
        environment, withheld, SafeMode(environment=everywhere, tenants=frozenset(safe)), default,
        {line: found for line, found in by_line.items() if found != default}, unchecked, single,
    )  # fmt: skip


def _strategy(flags: FlagSet, tenant: Tenant, provider: str) -> str:
    value = flags.value(DEGRADATION, tenant, provider)
    if value not in (ROUTE_AROUND, WITHHOLD):
        raise ConfigError(f"flag `{DEGRADATION}`: `{value}` is neither `{ROUTE_AROUND}` nor `{WITHHOLD}`")
    return str(value)


def _threshold(config: Configuration, value: Mapping[str, Any]) -> Threshold:
    base = config.project.thresholds
    rate, window = value.get("error_rate", base.safe_mode_error_rate), value.get("window", base.safe_mode_window)
    unknown = sorted(set(value) - {"error_rate", "window"})
    if unknown:
        raise ConfigError(f"flag `{THRESHOLDS}`: unknown field `{unknown[0]}`", hint="known: error_rate, window")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= 1:
        raise ConfigError(f"flag `{THRESHOLDS}`: error_rate `{rate}` is not a share above 0 and at most 1")
    try:
        return Threshold(float(rate), duration_ms(str(window)))
    except ValueError as error:
        raise ConfigError(f"flag `{THRESHOLDS}`: window: {error}") from None


def single_provider(config: Configuration, tenant: Tenant, away: Collection[str] = ()) -> str | None:
    """The one provider of a tenant without multi-model routing: of the enabled, active ones that its policy names as
    candidates and that are released to it, the one of lowest `priority`, then of first id. None where there is none."""
    policy = config.policies.get(tenant.policy or "default")
    if policy is None:
        return None
    named = {parse_deployment(candidate_text(c)).provider for route in policy.routes for c in route.candidates}
    ready = [p for p in named - set(away) if _ready(config.providers.get(p))]
    return min(ready, key=lambda p: (config.providers[p].priority, p), default=None)


def _ready(provider: Provider | None) -> bool:
    return provider is not None and provider.enabled and provider.status == "active"


def degraded_providers(config: Configuration, signals: Signals) -> frozenset[str]:
    """Providers of which no deployment has the health that their own `validation.min_health` asks for, among those with
    a measured health (or an open circuit). One that was never measured is not degraded: nobody knows."""
    seen: dict[str, list[bool]] = {}
    for deployment, signal in signals.deployments.items():
        provider = config.providers.get(parse_deployment(deployment).provider)
        if provider is None or (signal.health is None and signal.circuit != "open"):
            continue
        well = signal.circuit != "open" and (signal.health or 0.0) >= provider.validation.min_health
        seen.setdefault(provider.id, []).append(well)
    return frozenset(provider for provider, well in seen.items() if not any(well))
