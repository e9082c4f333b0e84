"""The model of each kind of file, imported when a file of that kind is read: models are slow to import.

Linting one file stays fast as long as the modules on its way (`load/`, `lint/`, `model/configuration.py`) name such
models in annotations alone, under `if TYPE_CHECKING:`, and get them here. A test holds the list of what is imported.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from pxctl.model.base import Model

MODELS = {
    "project": "project.Project",
    "provider": "provider.Provider",
    "policy": "routing.Policy",
    "roster": "tenant.Roster",
    "request": "release.ReleaseRequest",
    "flags": "governance.FlagFile",
    "guarantees": "governance.GuaranteeFile",
    "scenario": "governance.Scenario",
    "config_keys": "governance.ConfigKeys",
}
"""Where in `pxctl.model` the model of each kind of file stands."""

BASE = "https://pxctl.dev/schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def model_of(kind: str) -> type[Model]:
    """The model of a kind of file. Raises KeyError for a kind that does not exist."""
    module, _, name = MODELS[kind].partition(".")
    found: type[Model] = getattr(import_module(f"pxctl.model.{module}"), name)
    return found


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind of file, made from its model: what `tools/make_schemas.py` writes."""
    made = model_of(kind).model_json_schema(by_alias=True, mode="validation")
    return {"$schema": DIALECT, "$id": f"{BASE}/{kind}.schema.json", **made}
