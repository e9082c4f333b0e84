"""Finds the target of a kind: `release/targets/<kind>.py`, else an entry point `pxctl.publish_targets`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from pxctl.core.errors import ConfigError
from pxctl.core.secret import Secret
from pxctl.model import project
from pxctl.release.targets.base import Target

GROUP = "pxctl.publish_targets"
BUILT_IN = ("http", "directory", "flags")
Make = Callable[[str, project.PublishTarget, str, Secret | None, str], Target]
"""(name, settings, environment, token, repository's root) -> target."""


def kinds() -> tuple[str, ...]:
    """Every kind of target, built in or by plugin."""
    return (*BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - set(BUILT_IN)))


def open_target(
    name: str, settings: project.PublishTarget, environment: str, token: Secret | None, root: str
) -> Target:  # fmt: skip
    """A target of pxctl.yaml. Raises ConfigError for an unknown kind or settings that it cannot use."""
    if settings.kind in BUILT_IN:
        make = import_module(f"pxctl.release.targets.{settings.kind}").open_target
    else:
        found = {point.name: point for point in entry_points(group=GROUP)}
        if settings.kind not in found:
            raise ConfigError(
                f"target `{name}`: no kind `{settings.kind}`", hint=f"known: {', '.join(kinds())}; others by plugin"
            )
        make = found[settings.kind].load()
    return cast(Make, make)(name, settings, environment, token, root)
