"""The suites by name, in the order in which they run: what is cheap and telling comes first."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from pxctl.core.errors import UsageError
from pxctl.probe.suites.base import Suite

NAMES = ("chat", "streaming", "tools", "structured", "vision", "embeddings", "speech", "long_context")


def open_suite(name: str) -> Suite:
    """The suite of that name. Raises UsageError for one that does not exist."""
    if name not in NAMES:
        raise UsageError(f"no suite is called `{name}`", hint=f"suites: {', '.join(NAMES)}")
    return cast(Suite, import_module(f"pxctl.probe.suites.{name}").SUITE)
