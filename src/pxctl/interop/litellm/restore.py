"""Saying an imported policy's settings again as they were said, where they still mean the same."""

from __future__ import annotations

from typing import Any

from pxctl.interop.litellm.config import Config, mapping, parse
from pxctl.interop.litellm.source import Source
from pxctl.load.yaml_positions import Composed
from pxctl.model.catalogue import Catalogue

_SAME = ("fallbacks", "default_fallbacks", "max_fallbacks")


def restored(data: dict[str, Any], settings: dict[str, Any], kept: dict[str, Any]) -> None:
    """Put back what the import kept: fallbacks if they lead to the same chains, members that are no deployment.

    Changes `data` and `settings` in place.
    """
    wanted = read_back(data, settings)
    trial = {name: value for name, value in settings.items() if name not in _SAME}
    trial |= {name: kept[name] for name in _SAME if name in kept}
    said = read_back(data, trial)
    if all(_chain(wanted, group) == _chain(said, group) for group in wanted.groups):
        for name in _SAME:
            settings.pop(name, None)
        settings |= {name: kept[name] for name in _SAME if name in kept}
    windows = kept.get("context_window_fallbacks")
    if windows is not None and _windows(settings) == _windows(kept, set(wanted.groups)):
        settings["context_window_fallbacks"] = windows
    if "content_policy_fallbacks" in kept:
        settings["content_policy_fallbacks"] = kept["content_policy_fallbacks"]
    if "routing_strategy" in kept and "routing_strategy" not in settings and "routing_groups" not in settings:
        settings["routing_strategy"] = kept["routing_strategy"]
    members = kept.get("model_list")
    if isinstance(members, list):
        data["model_list"] = [*data["model_list"], *members]


def read_back(data: dict[str, Any], settings: dict[str, Any]) -> Config:
    """What was written, as the import reads it."""
    value = {"model_list": data["model_list"], "router_settings": settings}
    return parse(Source("", value, Composed()), Catalogue())


def _windows(settings: dict[str, Any], groups: set[str] | None = None) -> dict[str, Any]:
    """Context window fallbacks by group; of some groups alone where they are given."""
    found: dict[str, Any] = {}
    for member in settings.get("context_window_fallbacks") or ():
        found |= {group: names for group, names in mapping(member).items() if groups is None or group in groups}
    return found


def _chain(config: Config, group: str) -> list[str]:
    """The deployments behind a group's fallbacks, in order, without the group's own."""
    own = {member.info.get("pxctl", {}).get("deployment") for member in config.groups.get(group, ())}
    found: list[str] = []
    for target in config.chain(group)[: config.max_fallbacks]:
        for member in config.groups.get(target, ()):
            id_ = member.info.get("pxctl", {}).get("deployment", "")
            if id_ not in found and id_ not in own:
                found.append(id_)
    return found
