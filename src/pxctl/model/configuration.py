"""A whole tree, loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pxctl.model.document import Document
from pxctl.model.finding import Finding

if TYPE_CHECKING:
    from pxctl.model.catalogue import Catalogue
    from pxctl.model.governance import ConfigKey, FlagFile, Guarantee, Scenario
    from pxctl.model.project import Project
    from pxctl.model.provider import Provider
    from pxctl.model.release import ReleaseRequest
    from pxctl.model.routing import Policy
    from pxctl.model.tenant import Tenant


def _empty_catalogue() -> Catalogue:
    from pxctl.model.catalogue import Catalogue

    return Catalogue()


@dataclass(frozen=True)
class Configuration:
    """Everything that the files of one tree say. Keys are ids; `requests` are by file."""

    project: Project
    providers: Mapping[str, Provider] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    tenants: Mapping[str, Tenant] = field(default_factory=dict)
    flags: Mapping[str, FlagFile] = field(default_factory=dict)
    guarantees: tuple[Guarantee, ...] = ()
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    config_keys: tuple[ConfigKey, ...] = ()
    requests: Mapping[str, ReleaseRequest] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=_empty_catalogue)


@dataclass(frozen=True)
class Loaded:
    """What load hands on: as much of the configuration as could be read, the documents, and what was wrong.

    `source` is the commit that was read, or None for a work tree. `config` leaves out files with findings.
    """

    config: Configuration
    documents: Mapping[str, Document]
    findings: tuple[Finding, ...] = ()
    source: str | None = None
    origin: Mapping[tuple[str, str], tuple[str, tuple[str | int, ...]]] = field(default_factory=dict)
    """(`provider`|`policy`|`tenant`|`scenario`|`guarantee`|`config_key`|`flags`, id) -> (file, path in it)."""

    def document_of(self, kind: str, id_: str) -> tuple[Document, tuple[str | int, ...]] | None:
        """The document that holds an object, and the object's path in it."""
        place = self.origin.get((kind, id_))
        return (self.documents[place[0]], place[1]) if place else None
