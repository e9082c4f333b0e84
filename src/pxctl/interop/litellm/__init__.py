"""LiteLLM's `config.yaml`: checked, imported, exported. The package is never imported: it takes seconds to load."""

from __future__ import annotations

from collections.abc import Mapping

from pxctl.model.catalogue import Catalogue
from pxctl.model.configuration import Configuration
from pxctl.model.finding import Finding
from pxctl.model.interop import Exported, GatewayRule, Imported

Environment = Mapping[str, str] | frozenset[str] | None


class LiteLLM:
    """The format, as interop/base.py describes it."""

    name = "litellm"
    title = "LiteLLM proxy configuration"

    def check(self, text: str, file: str, catalogue: Catalogue, environment: Environment = None) -> tuple[Finding, ...]:
        """Every fault of a config.yaml."""
        from pxctl.interop.litellm.check import check

        return check(text, file, catalogue, environment)

    def read(self, text: str, file: str, catalogue: Catalogue, environment: Environment = None) -> Imported:
        """A config.yaml as providers, a policy and what they need."""
        from pxctl.interop.litellm.importer import import_config

        return import_config(text, file, catalogue, environment)

    def write(self, config: Configuration, policy: str) -> Exported:
        """A policy and its providers as a config.yaml. Raises UsageError."""
        from pxctl.interop.litellm.exporter import export_config

        return export_config(config, policy)

    def rules(self) -> tuple[GatewayRule, ...]:
        """What `check` looks for."""
        from pxctl.interop.litellm.check import rules

        return rules()


gateway = LiteLLM()
