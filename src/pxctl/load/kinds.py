"""Which file means what: the folder rules of a repository."""

from __future__ import annotations

FOLDERS = {
    "providers": "provider",
    "routing-policies": "policy",
    "tenants": "roster",
    "feature_flags": "flags",
    "scenarios": "scenario",
    "releases": "request",
}
"""The kind of the files in each folder; releases have one sub-folder for each environment."""

SINGLES = {"pxctl": "project", "guarantees": "guarantees", "config_keys": "config_keys"}
"""The kind of each single file in the root, by name without ending."""

ENDINGS = (".yaml", ".json")
OTHER_ENDINGS = (".yml", ".yaml.txt", ".toml", ".jsonc", ".json5", ".YAML", ".YML", ".JSON")
"""Endings that look like configuration and are not read: a finding says so."""


def kind_of(path: str) -> str | None:
    """The kind of a file by its path in the repository, or None for a file that pxctl does not read."""
    stem, dot, ending = path.rpartition(".")
    if f".{ending}" not in ENDINGS or not dot:
        return None
    parts = stem.split("/")
    if parts[-1].startswith(".") or not parts[-1]:
        return None
    if len(parts) == 1:
        return SINGLES.get(stem)
    kind = FOLDERS.get(parts[0])
    depth = 3 if kind == "request" else 2
    return kind if len(parts) == depth else None


def misplaced(path: str) -> bool:
    """Whether a file lies where configuration lies and looks like it, but is not read: `providers/a.yml`."""
    if kind_of(path) is not None:
        return False
    parts = path.split("/")
    if parts[-1].startswith("."):
        return False
    inside = len(parts) > 1 and parts[0] in FOLDERS
    single = len(parts) == 1 and parts[0].split(".")[0] in SINGLES
    return (inside or single) and path.endswith(OTHER_ENDINGS + (ENDINGS if inside else ()))
