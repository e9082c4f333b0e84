"""Finds the forge of a kind: `release/forge/<kind>.py`, else an entry point `pxctl.forges`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from pxctl.core.errors import ConfigError
from pxctl.core.secret import Secret
from pxctl.model import project
from pxctl.release.forge.base import Forge

GROUP = "pxctl.forges"
BUILT_IN = ("github",)
Make = Callable[[project.Forge, Secret | None], Forge]
"""(settings, token) -> forge."""


def kinds() -> tuple[str, ...]:
    """Every kind of forge, built in or by plugin."""
    return (*BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - set(BUILT_IN)))


def open_forge(settings: project.Forge, token: Secret | None) -> Forge:
    """The forge that pxctl.yaml names. Raises ConfigError for an unknown kind or settings that it cannot use."""
    if settings.kind in BUILT_IN:
        make = import_module(f"pxctl.release.forge.{settings.kind}").open_forge
    else:
        found = {point.name: point for point in entry_points(group=GROUP)}
        if settings.kind not in found:
            raise ConfigError(
                f"forge: no kind `{settings.kind}`", hint=f"known: {', '.join(kinds())}; others by plugin"
            )
        make = found[settings.kind].load()
    return cast(Make, make)(settings, token)
