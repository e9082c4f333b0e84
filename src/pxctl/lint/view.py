"""What rules look at: the loaded tree, and indexes over it that are made when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pxctl.core.ids import DeploymentRef, parse_deployment
from pxctl.model.candidate import candidate_text
from pxctl.model.document import Document, Path

if TYPE_CHECKING:
    from pxctl.lint.reach import Reach
    from pxctl.model.catalogue import Catalogue, CatalogueModel
    from pxctl.model.configuration import Configuration, Loaded
    from pxctl.model.provider import ModelSpec, Provider
    from pxctl.model.routing import Match, Policy, Route


class Deployment(NamedTuple):
    """A model of a provider in one region; its id is `provider/model@region`."""

    provider: Provider
    model: ModelSpec
    region: str
    id: str


def deployment(provider: Provider, model: ModelSpec, region: str) -> Deployment:
    """A deployment with its id, which is asked for many times."""
    return Deployment(provider, model, region, f"{provider.id}/{model.id}@{region}")


class Reference(NamedTuple):
    """A deployment reference in a file: where it stands, and as what."""

    text: str
    path: Path
    role: str
    """`candidate`, `fallback`, `safe_mode`, `arm`, `guarantee` or `scenario`."""


class View:
    """One loaded tree, as rules see it. Nothing here changes it."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.config: Configuration = loaded.config
        self.catalogue: Catalogue = loaded.config.catalogue
        self._vendor_models: dict[str, frozenset[str]] = {}
        self._reach: dict[tuple[str, bool], Reach] = {}
        self._vendors: dict[str, str | None] = {}
        self._expanded: dict[str, tuple[Deployment, ...]] = {}
        self._parsed: dict[str, DeploymentRef | None] = {}

    @cached_property
    def privacy_rank(self) -> Mapping[str, int]:
        """Each privacy level's place, lowest first."""
        return {level: rank for rank, level in enumerate(self.config.project.privacy_levels)}

    @cached_property
    def models(self) -> Mapping[str, Mapping[str, ModelSpec]]:
        """Models by provider and id."""
        return {key: {model.id: model for model in provider.models} for key, provider in self.config.providers.items()}

    @cached_property
    def project_document(self) -> Document | None:
        """The file of the project, if there is one."""
        return self.loaded.documents.get("pxctl.yaml") or self.loaded.documents.get("pxctl.json")

    @cached_property
    def evidence_required(self) -> bool:
        """Whether some environment publishes on fresh evidence alone."""
        return any(environment.evidence == "required" for environment in self.config.project.environments.values())

    @cached_property
    def tiers(self) -> frozenset[str]:
        """The tiers that pxctl.yaml declares, else those of the roster."""
        declared = self.config.project.tiers
        return frozenset(declared or (tenant.tier for tenant in self.config.tenants.values()))

    @cached_property
    def business_lines(self) -> frozenset[str]:
        """The business lines that pxctl.yaml declares, else those of the roster."""
        declared = self.config.project.business_lines
        return frozenset(declared or (tenant.business_line for tenant in self.config.tenants.values()))

    @cached_property
    def regions(self) -> frozenset[str]:
        """The regions that pxctl.yaml declares, else those of endpoints and tenants."""
        if self.config.project.regions:
            return frozenset(self.config.project.regions)
        of_tenants = {tenant.region for tenant in self.config.tenants.values()}
        return frozenset(of_tenants | {e.region for p in self.config.providers.values() for e in p.endpoints})

    @cached_property
    def broken_kinds(self) -> frozenset[str]:
        """Kinds of files of which at least one could not be read: what they define is not known to be missing."""
        known = {file for file, _path in self.loaded.origin.values()}
        kinds = {d.kind for d in self.loaded.documents.values() if d.file not in known and d.kind != "project"}
        unread = {finding.span.file.partition("/")[0] for finding in self.loaded.findings}
        folders = {"providers": "provider", "routing-policies": "policy", "tenants": "roster", "scenarios": "scenario"}
        return frozenset(kinds | {folders[name] for name in unread if name in folders})

    @cached_property
    def broken_providers(self) -> frozenset[str]:
        """Ids of providers whose files could not be read, as the files' names and contents give them."""
        known = {file for file, _path in self.loaded.origin.values()}
        unread = {f.span.file for f in self.loaded.findings if f.span.file.startswith("providers/")} - known
        stems = {file.rpartition("/")[2].rpartition(".")[0] for file in unread}
        data = (d.data for d in self.documents("provider") if d.file in unread)
        return frozenset(stems | {str(value.get("id")) for value in data if isinstance(value, dict)})

    def certain(self, texts: Iterable[str]) -> bool:
        """Whether none of the references names a provider whose file could not be read."""
        broken = self.broken_providers
        return not broken or all((ref := self.parse(text)) is None or ref.provider not in broken for text in texts)

    def document(self, kind: str, id_: str) -> Document | None:
        """The document that holds an object."""
        place = self.loaded.origin.get((kind, id_))
        return self.loaded.documents.get(place[0]) if place else None

    def path_of(self, kind: str, id_: str) -> Path:
        """Where an object stands in its document."""
        place = self.loaded.origin.get((kind, id_))
        return place[1] if place else ()

    def documents(self, kind: str) -> Iterator[Document]:
        """Every file of a kind, readable or not."""
        return (document for document in self.loaded.documents.values() if document.kind == kind)

    def parse(self, text: str) -> DeploymentRef | None:
        """The parts of a reference, or None where it is none."""
        if text not in self._parsed:
            try:
                self._parsed[text] = parse_deployment(text)
            except ValueError:
                self._parsed[text] = None
        return self._parsed[text]

    def expand(self, text: str) -> tuple[Deployment, ...]:
        """The deployments that a reference means, in order; what does not exist means nothing."""
        if text not in self._expanded:
            self._expanded[text] = tuple(self._expand(text))
        return self._expanded[text]

    def _expand(self, text: str) -> Iterator[Deployment]:
        ref = self.parse(text)
        provider = self.config.providers.get(ref.provider) if ref else None
        if ref is None or provider is None:
            return
        if ref.model:
            ids: tuple[str, ...] = (ref.model,)
        else:
            ids = (provider.default_model, *provider.fallback_models) if provider.default_model else ()
        for id_ in ids:
            model = self.models[provider.id].get(id_)
            if model is not None:
                for endpoint in provider.endpoints:
                    if not ref.region or endpoint.region == ref.region:
                        yield deployment(provider, model, endpoint.region)

    def expand_all(self, texts: Iterable[str]) -> list[Deployment]:
        """The deployments of a list of references; the first mention of each counts."""
        found: dict[str, Deployment] = {}
        for text in texts:
            for deployment in self.expand(text):
                found.setdefault(deployment.id, deployment)
        return list(found.values())

    def references(self, policy: Policy) -> Iterator[Reference]:
        """Every deployment reference of a policy."""
        if policy.safe_mode is not None:
            for i, text in enumerate(policy.safe_mode.allow):
                yield Reference(text, ("safe_mode", "allow", i), "safe_mode")
        for r, route in enumerate(policy.routes):
            yield from route_references(route, ("routes", r))

    def known(self, vendor_model: str, provider: Provider) -> CatalogueModel | None:
        """What the catalogue knows of a model that a provider serves."""
        return self.catalogue.find(self.vendor(provider), vendor_model)

    @cached_property
    def known_values(self) -> Mapping[str, frozenset[str]]:
        """The values of each dimension of a match (`lint/reach.py`)."""
        from pxctl.lint.reach import known_values

        return known_values(self)

    def reach(self, policy: Policy, anybody: bool = False) -> Reach:
        """The requests that each route of a policy takes, from its tenants, or from anybody who may come."""
        key = (policy.name, anybody)
        if key not in self._reach:
            from pxctl.lint.reach import reach

            self._reach[key] = reach(self, policy, anybody)
        return self._reach[key]

    def vendor_models(self, vendor: str) -> frozenset[str]:
        """The ids of a vendor's models that the catalogue knows."""
        if vendor not in self._vendor_models:
            models = self.catalogue.models.values()
            self._vendor_models[vendor] = frozenset(model.id for model in models if model.vendor == vendor)
        return self._vendor_models[vendor]

    @cached_property
    def asked_features(self) -> frozenset[str]:
        """Features that a match asks for."""
        return frozenset(name for _document, _path, match in matches(self) for name in match.features or ())

    def vendor(self, provider: Provider) -> str | None:
        """The catalogue's name of the vendor behind a provider."""
        if provider.id not in self._vendors:
            self._vendors[provider.id] = self.catalogue.vendor_of(provider.kind, provider.endpoints[0].url)
        return self._vendors[provider.id]


def route_references(route: Route, base: Path) -> Iterator[Reference]:
    """Every deployment reference of a route, with its path in the policy."""
    for i, candidate in enumerate(route.candidates):
        at = (*base, "candidates", i)
        yield Reference(
            candidate_text(candidate), at if isinstance(candidate, str) else (*at, "deployment"), "candidate"
        )
    for i, text in enumerate(route.fallbacks):
        yield Reference(text, (*base, "fallbacks", i), "fallback")
    for name, arm in (route.experiment.arms if route.experiment else {}).items():
        for i, candidate in enumerate(arm.candidates or ()):
            at = (*base, "experiment", "arms", name, "candidates", i)
            yield Reference(candidate_text(candidate), at if isinstance(candidate, str) else (*at, "deployment"), "arm")


def matches(view: View) -> Iterator[tuple[Document | None, Path, Match]]:
    """Every `match` of the tree: those of routes, `when` of guarantees, `template` of scenarios."""
    for name, policy in view.config.policies.items():
        document = view.document("policy", name)
        for i, route in enumerate(policy.routes):
            yield document, ("routes", i, "match"), route.match
    for guarantee in view.config.guarantees:
        base = view.path_of("guarantee", guarantee.name)
        yield view.document("guarantee", guarantee.name), (*base, "when"), guarantee.when
    for name, scenario in view.config.scenarios.items():
        yield view.document("scenario", name), ("template",), scenario.template
