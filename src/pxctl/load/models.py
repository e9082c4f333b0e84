"""The model of each kind of file. Apart from the folder rules, because models are slow to import."""

from __future__ import annotations

from pxctl.model.base import Model
from pxctl.model.governance import ConfigKeys, FlagFile, GuaranteeFile, Scenario
from pxctl.model.project import Project
from pxctl.model.provider import Provider
from pxctl.model.release import ReleaseRequest
from pxctl.model.routing import Policy
from pxctl.model.tenant import Roster

MODELS: dict[str, type[Model]] = {
    "project": Project,
    "provider": Provider,
    "policy": Policy,
    "roster": Roster,
    "request": ReleaseRequest,
    "flags": FlagFile,
    "guarantees": GuaranteeFile,
    "scenario": Scenario,
    "config_keys": ConfigKeys,
}
"""The model of each kind of file."""
