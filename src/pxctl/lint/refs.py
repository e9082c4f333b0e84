"""Where one file names what another defines: deployments, providers, tenants, groups, levels, regions, gates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pxctl.lint.values import scalars
from pxctl.lint.view import View, matches
from pxctl.model.document import Document, Path
from pxctl.model.tenant import TenantSelector

if TYPE_CHECKING:
    from pxctl.model.project import Gate, Project

Named = tuple[Document | None, Path, str]
"""The document, the path of the value in it, and the name that stands there."""


def deployment_references(view: View) -> Iterator[Named]:
    """Every deployment reference of policies, guarantees and scenarios."""
    for name, policy in view.config.policies.items():
        document = view.document("policy", name)
        for reference in view.references(policy):
            yield document, reference.path, reference.text
    for guarantee in view.config.guarantees:
        document = view.document("guarantee", guarantee.name)
        for claim in ("always", "never"):
            condition = getattr(guarantee, claim)
            for i, text in enumerate((condition.deployments or ()) if condition is not None else ()):
                yield document, (*view.path_of("guarantee", guarantee.name), claim, "deployments", i), text
    for name, scenario in view.config.scenarios.items():
        for i, text in enumerate(scenario.expect.never or ()):
            yield view.document("scenario", name), ("expect", "never", i), text


def provider_names(view: View) -> Iterator[Named]:
    """Every place that names a provider alone: guarantees, and the targeting of flags."""
    for guarantee in view.config.guarantees:
        document = view.document("guarantee", guarantee.name)
        for claim in ("always", "never"):
            condition = getattr(guarantee, claim)
            for i, name in enumerate((condition.providers or ()) if condition is not None else ()):
                yield document, (*view.path_of("guarantee", guarantee.name), claim, "providers", i), name
    yield from targeted(view, "provider")


def targeted(view: View, variable: str) -> Iterator[Named]:
    """Every value that a flag's targeting compares with a variable: `{"==": [{var: provider}, groq]}`, `in`."""
    for stem in view.config.flags:
        document = view.document("flags", stem)
        if document is None:
            continue
        flags = document.data.get("flags", {}) if isinstance(document.data, dict) else {}
        for flag, definition in flags.items():
            targeting = definition.get("targeting") if isinstance(definition, dict) else None
            for path, text in _compared(targeting, ("flags", flag, "targeting"), variable):
                yield document, path, text


def _compared(node: object, path: Path, variable: str) -> Iterator[tuple[Path, str]]:
    if isinstance(node, list):
        for i, item in enumerate(node):
            yield from _compared(item, (*path, i), variable)
    elif isinstance(node, dict):
        for operator, operands in node.items():
            here = (*path, operator)
            if operator in ("==", "===", "!=", "!==", "in") and isinstance(operands, list) and len(operands) == 2:
                for mine, other in ((0, 1), (1, 0)):
                    if operands[mine] == {"var": variable} or operands[mine] == {"var": [variable]}:
                        for inner, value in scalars(operands[other], (*here, other)):
                            if isinstance(value, str) and inner[-1] != "var":
                                yield inner, value
            yield from _compared(operands, here, variable)


def tenant_names(view: View) -> Iterator[Named]:
    """Every place that names a tenant by id."""
    for document, path, match in matches(view):
        for i, name in enumerate(match.tenant or ()):
            yield document, (*path, "tenant", i), name
    for id_, provider in view.config.providers.items():
        for side in ("allow", "deny"):
            for i, entry in enumerate(getattr(provider.tenants, side)):
                if entry != "*" and ":" not in entry:
                    yield view.document("provider", id_), ("tenants", side, i), entry
    project = view.project_document
    for i, name in enumerate(view.config.project.exempt_tenants):
        yield project, ("exempt_tenants", i), name
    for document, path, selector in selectors(view):
        for i, name in enumerate(selector.names):
            yield document, (*path, "names", i), name
    for name, scenario in view.config.scenarios.items():
        if isinstance(scenario.population.tenant, dict):
            for tenant in scenario.population.tenant:
                yield view.document("scenario", name), ("population", "tenant", tenant), tenant


def selectors(view: View) -> Iterator[tuple[Document | None, Path, TenantSelector]]:
    """Every tenant selection: canary steps and release requests."""
    for plan, rollout in view.config.project.rollouts.items():
        for i, step in enumerate(rollout.steps):
            if step.canary is not None:
                yield view.project_document, ("rollouts", plan, "steps", i, "canary"), step.canary
    for file, request in view.config.requests.items():
        if isinstance(request.tenants, TenantSelector):
            yield view.document("request", file), ("tenants",), request.tenants


def group_names(view: View, dimension: Literal["tier", "business_line"]) -> Iterator[Named]:
    """Every place that names a tier or a business line."""
    for document, path, match in matches(view):
        for i, name in enumerate(getattr(match, dimension) or ()):
            yield document, (*path, dimension, i), name
    for id_, provider in view.config.providers.items():
        for side in ("allow", "deny"):
            for i, entry in enumerate(getattr(provider.tenants, side)):
                if entry.startswith(f"{dimension}:"):
                    yield view.document("provider", id_), ("tenants", side, i), entry.partition(":")[2]
    for document, path, selector in selectors(view):
        for i, name in enumerate(getattr(selector, dimension)):
            yield document, (*path, dimension, i), name
    for id_, tenant in view.config.tenants.items():
        yield view.document("tenant", id_), (*view.path_of("tenant", id_), dimension), getattr(tenant, dimension)


def privacy_levels(view: View) -> Iterator[Named]:
    """Every place that names a privacy level."""
    for id_, provider in view.config.providers.items():
        if provider.compliance.privacy_max is not None:
            yield view.document("provider", id_), ("compliance", "privacy_max"), provider.compliance.privacy_max
    for id_, tenant in view.config.tenants.items():
        yield view.document("tenant", id_), (*view.path_of("tenant", id_), "privacy_max"), tenant.privacy_max
    for document, path, match in matches(view):
        for i, level in enumerate(match.privacy or ()):
            yield document, (*path, "privacy", i), level
    for guarantee in view.config.guarantees:
        for claim in ("always", "never"):
            condition = getattr(guarantee, claim)
            for i, level in enumerate((condition.privacy_max or ()) if condition is not None else ()):
                at = (*view.path_of("guarantee", guarantee.name), claim, "privacy_max", i)
                yield view.document("guarantee", guarantee.name), at, level
    for name, scenario in view.config.scenarios.items():
        for level in scenario.population.privacy:
            yield view.document("scenario", name), ("population", "privacy", level), level


def region_names(view: View) -> Iterator[Named]:
    """Every place that names a region."""
    for id_, provider in view.config.providers.items():
        document = view.document("provider", id_)
        for i, endpoint in enumerate(provider.endpoints):
            yield document, ("endpoints", i, "region"), endpoint.region
        for i, region in enumerate(provider.compliance.data_regions):
            yield document, ("compliance", "data_regions", i), region
    for id_, tenant in view.config.tenants.items():
        yield view.document("tenant", id_), (*view.path_of("tenant", id_), "region"), tenant.region
    for document, path, match in matches(view):
        for i, region in enumerate(match.region or ()):
            yield document, (*path, "region", i), region
    for name, policy in view.config.policies.items():
        for r, route in enumerate(policy.routes):
            for i, region in enumerate(route.constraints.regions or ()):
                yield view.document("policy", name), ("routes", r, "constraints", "regions", i), region
    for guarantee in view.config.guarantees:
        for claim in ("always", "never"):
            condition = getattr(guarantee, claim)
            for i, region in enumerate((condition.regions or ()) if condition is not None else ()):
                at = (*view.path_of("guarantee", guarantee.name), claim, "regions", i)
                yield view.document("guarantee", guarantee.name), at, region


def gates(project: Project) -> Iterator[tuple[Path, Gate]]:
    """Every gate of environments and rollout steps, with its path in pxctl.yaml."""
    for name, environment in project.environments.items():
        for i, gate in enumerate(environment.gates):
            yield ("environments", name, "gates", i), gate
    for name, rollout in project.rollouts.items():
        for s, step in enumerate(rollout.steps):
            for i, gate in enumerate(step.gates):
                yield ("rollouts", name, "steps", s, "gates", i), gate
