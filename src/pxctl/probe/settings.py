"""What a run is asked to do: the provider file's `validation`, with overrides for all regions or for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pxctl.model.provider import Provider
from pxctl.probe.suites.registry import NAMES, open_suite


@dataclass(frozen=True)
class Override:
    """What the command line says instead of the file; None keeps the file's."""

    suites: tuple[str, ...] | None = None
    min_health: float | None = None
    max_p95_ms: int | None = None
    max_error_rate: float | None = None


@dataclass(frozen=True)
class Settings:
    """Settings of a whole run."""

    override: Override = Override()
    by_region: Mapping[str, Override] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    samples: int = 3
    budget_usd: Decimal | None = None
    max_calls: int | None = None
    deadline_s: float = 120.0
    concurrency: int = 32
    environment: str | None = None

    def words(self) -> dict[str, str]:
        """The overrides, as evidence shows them."""
        found = _words("", self.override)
        for region, override in sorted(self.by_region.items()):
            found |= _words(f"{region}=", override)
        if self.regions:
            found["regions"] = ",".join(self.regions)
        if self.budget_usd is not None:
            found["budget_usd"] = str(self.budget_usd)
        if self.max_calls is not None:
            found["max_calls"] = str(self.max_calls)
        return found


@dataclass(frozen=True)
class RegionSettings:
    """What holds in one region."""

    suites: tuple[str, ...]
    min_health: float
    max_p95_ms: int | None
    max_error_rate: float
    budget_usd: Decimal | None
    max_calls: int | None
    samples: int


def settings_of(provider: Provider, settings: Settings, region: str | None) -> RegionSettings:
    """What holds for a provider in a region; without suites anywhere, every basic one that its models declare."""
    spec = provider.validation
    mine = settings.by_region.get(region or "", Override())
    both = (mine, settings.override)
    suites = next((o.suites for o in both if o.suites is not None), None) or spec.suites or _basic(provider)
    health = next((o.min_health for o in both if o.min_health is not None), spec.min_health)
    p95 = next((o.max_p95_ms for o in both if o.max_p95_ms is not None), spec.max_p95_ms)
    errors = next((o.max_error_rate for o in both if o.max_error_rate is not None), spec.max_error_rate)
    return RegionSettings(
        suites=tuple(dict.fromkeys(suites)),
        min_health=health,
        max_p95_ms=p95,
        max_error_rate=errors,
        budget_usd=settings.budget_usd if settings.budget_usd is not None else spec.budget_usd,
        max_calls=settings.max_calls if settings.max_calls is not None else spec.max_calls,
        samples=settings.samples,
    )


def _basic(provider: Provider) -> tuple[str, ...]:
    basic = ("chat", "streaming", "embeddings", "speech")
    return (
        tuple(name for name in basic if any(open_suite(name).applies(model) for model in provider.models)) or NAMES[:1]
    )


def _words(prefix: str, override: Override) -> dict[str, str]:
    found = {}
    if override.suites is not None:
        found[f"{prefix}suites"] = ",".join(override.suites)
    for name in ("min_health", "max_p95_ms", "max_error_rate"):
        value = getattr(override, name)
        if value is not None:
            found[f"{prefix}{name}"] = f"{value:g}"
    return found
