"""Deployments: every provider x model x region that the configuration names, and what references to them mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pxctl.core.ids import parse_deployment
from pxctl.model.base import MODALITIES
from pxctl.model.provider import ModelSpec, Provider
from pxctl.policy.integers import Rate, odd64, rate


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a request is really sent to, with everything about it that no signal changes.

    `index` is its place in the fleet. `privacy` is the rank of the highest level it may see, -1 for a level that does
    not exist. `provider_bit` is its provider in bit sets over providers.
    """

    index: int
    id: str
    provider: str
    model: str
    region: str
    kind: str
    provider_bit: int
    priority: int
    active: bool
    standby: bool
    keyless: bool
    has_key: bool
    modalities: frozenset[str]
    capabilities: frozenset[str]
    languages: frozenset[str]
    privacy: int
    data_regions: frozenset[str]
    context_tokens: int | None
    max_output_tokens: int | None
    rate: Rate | None
    multiplier: int
    training_on_data: bool | None
    privacy_max: str | None

    def speaks(self, language: str) -> bool:
        """Whether the model takes the language; `und` always passes."""
        return language == "und" or language in self.languages or "*" in self.languages

    def stays(self, regions: frozenset[str] | None) -> bool:
        """Whether its region is among a route's regions and among those of its vendor's contract."""
        if regions is not None and self.region not in regions:
            return False
        return not self.data_regions or self.region in self.data_regions


class Fleet:
    """All deployments in the order of the files, and the expansion of references."""

    def __init__(self, providers: Mapping[str, Provider], levels: tuple[str, ...]) -> None:
        rank = {level: i for i, level in enumerate(levels)}
        self.providers = dict(providers)
        self.provider_bits = {name: 1 << i for i, name in enumerate(providers)}
        self.deployments: list[Deployment] = []
        self._models: dict[tuple[str, str], list[Deployment]] = {}
        for name, provider in providers.items():
            for spec in provider.models:
                self._models[name, spec.id] = self._add(name, provider, spec, rank)
        self.by_id = {deployment.id: deployment for deployment in self.deployments}
        self._masks: dict[str, int] = {}
        self._expanded: dict[str, list[Deployment]] = {}

    def _add(self, name: str, provider: Provider, spec: ModelSpec, rank: Mapping[str, int]) -> list[Deployment]:
        inputs, outputs = set(spec.modality.input), set(spec.modality.output)
        served = frozenset(key for key, (needs, gives) in MODALITIES.items() if needs <= inputs and gives <= outputs)
        level = provider.compliance.privacy_max
        added = [
            Deployment(
                index=len(self.deployments) + i,
                id=(text := f"{name}/{spec.id}@{endpoint.region}"),
                provider=name,
                model=spec.id,
                region=endpoint.region,
                kind=provider.kind,
                provider_bit=self.provider_bits[name],
                priority=provider.priority,
                active=provider.enabled and provider.status == "active",
                standby=provider.enabled and provider.status == "standby",
                keyless=provider.secret_policy != "required",
                has_key="api_key" in provider.credential_refs(),
                modalities=served,
                capabilities=frozenset(spec.capabilities),
                languages=frozenset(spec.languages),
                privacy=0 if level is None else rank.get(level, -1),
                data_regions=frozenset(provider.compliance.data_regions),
                context_tokens=spec.context_tokens,
                max_output_tokens=spec.max_output_tokens,
                rate=None if spec.price is None else rate(spec.price),
                multiplier=odd64(text),
                training_on_data=provider.compliance.training_on_data,
                privacy_max=level,
            )
            for i, endpoint in enumerate(provider.endpoints)
        ]
        self.deployments.extend(added)
        return added

    def expand(self, reference: str) -> list[Deployment]:
        """The deployments that a reference names, in order; what does not exist expands to nothing.

        A model that a provider names twice (as default and as fallback) is there twice. Raises ValueError for a text
        that is no reference.
        """
        known = self._expanded.get(reference)
        if known is None:
            known = self._expanded[reference] = self._expand(reference)
        return known

    def mask(self, reference: str) -> int:
        """What a reference names as a bit set over the fleet."""
        known = self._masks.get(reference)
        if known is None:
            known = self._masks[reference] = sum({1 << d.index for d in self.expand(reference)})
        return known

    def _expand(self, reference: str) -> list[Deployment]:
        ref = parse_deployment(reference)
        if ref.model:
            found = self._models.get((ref.provider, ref.model), [])
            return [d for d in found if d.region == ref.region] if ref.region else found
        provider = self.providers.get(ref.provider)
        if provider is None or provider.default_model is None:
            return []
        names = (provider.default_model, *provider.fallback_models)
        return [deployment for name in names for deployment in self._models.get((ref.provider, name), [])]
