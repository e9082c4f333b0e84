"""What a foreign configuration format is.

A format is a module (or a package) `interop/<gateway>.py`, or one that an entry point of the group `pxctl.interop`
names. It has an object `gateway` with the methods below. Contract:

- `check` never raises for what the text says: everything is a finding, with its place in the source.
- `read` gives files of ours that our own lint accepts, whatever the source holds; what has no counterpart is a note,
  never dropped in silence; secrets are never copied.
- `write` gives a text that the gateway itself loads, and a note for everything that it cannot express.
- All three are pure but for what is handed in: no network, no environment, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pxctl.model.catalogue import Catalogue
from pxctl.model.configuration import Configuration
from pxctl.model.finding import Finding
from pxctl.model.interop import Exported, GatewayRule, Imported


class Gateway(Protocol):
    """One foreign format; see the module's text for the contract."""

    name: str
    title: str

    def check(
        self, text: str, file: str, catalogue: Catalogue, environment: Mapping[str, str] | frozenset[str] | None = None
    ) -> tuple[Finding, ...]:
        """Every fault of a text; `environment` names the variables that are set (None: not known)."""
        ...

    def read(
        self, text: str, file: str, catalogue: Catalogue, environment: Mapping[str, str] | frozenset[str] | None = None
    ) -> Imported:
        """The text as files of ours."""
        ...

    def write(self, config: Configuration, policy: str) -> Exported:
        """One policy of ours, with its providers, as the gateway's text. Raises UsageError for an unknown policy."""
        ...

    def rules(self) -> tuple[GatewayRule, ...]:
        """The rules that `check` applies."""
        ...
