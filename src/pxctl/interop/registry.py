"""Finds the foreign formats: every module of this room that has a `gateway`, and entry points of `pxctl.interop`."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from pxctl import interop as package
from pxctl.core.errors import UsageError
from pxctl.interop.base import Gateway

GROUP = "pxctl.interop"
_OWN = frozenset({"base", "registry"})


def names() -> list[str]:
    """The formats' names, sorted."""
    own = {module.name for module in iter_modules(package.__path__)} - _OWN
    return sorted(own | {entry.name for entry in entry_points(group=GROUP)})


def gateway(name: str) -> Gateway:
    """The format of a name. Raises UsageError where there is none."""
    wanted = name.replace("-", "_")
    if wanted in {module.name for module in iter_modules(package.__path__)} - _OWN:
        found: Gateway = import_module(f"{package.__name__}.{wanted}").gateway
        return found
    for entry in entry_points(group=GROUP):
        if entry.name == wanted:
            outside: Gateway = entry.load()
            return outside
    raise UsageError(f"`{name}` is no format that pxctl reads or writes", hint="known: " + ", ".join(names()))
