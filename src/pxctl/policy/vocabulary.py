"""Which values of the open dimensions the configuration knows; every other value counts as `other` when matching."""

from __future__ import annotations

from dataclasses import dataclass

from pxctl.model.base import UNDETERMINED
from pxctl.model.configuration import Configuration

OPEN = ("task_type", "task_tags", "language", "region", "features")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Known values by dimension (`OPEN`); `levels` are the privacy levels, lowest first."""

    known: dict[str, frozenset[str]]
    levels: tuple[str, ...]


def vocabulary(config: Configuration) -> Vocabulary:
    """Collect what the files name: in matches, in models' languages and capabilities, in tenants' regions."""
    known: dict[str, set[str]] = {dimension: set() for dimension in OPEN}
    for policy in config.policies.values():
        for route in policy.routes:
            for dimension in OPEN:
                values = getattr(route.match, dimension)
                if values is not None:
                    known[dimension].update(values)
    for provider in config.providers.values():
        for spec in provider.models:
            known["language"].update(spec.languages)
            known["features"].update(spec.capabilities)
    known["region"].update(tenant.region for tenant in config.tenants.values())
    known["language"].add(UNDETERMINED)
    frozen = {dimension: frozenset(values) for dimension, values in known.items()}
    return Vocabulary(frozen, config.project.privacy_levels)
