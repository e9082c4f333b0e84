"""Finds the adapter of a kind: `providers/<kind>.py`, else an entry point; and puts one together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from pxctl.core.errors import ConfigError
from pxctl.core.secret import Secret
from pxctl.model.provider import Endpoint, Provider
from pxctl.providers.base import Adapter
from pxctl.providers.guard import Guarded

GROUP = "pxctl.providers"
BUILT_IN = ("openai_compatible", "anthropic", "gemini", "azure_openai", "bedrock", "ollama", "llama_cpp")
Make = Callable[[Provider, Endpoint, Mapping[str, Secret], float], Adapter]
"""(provider, endpoint, credentials by name, time limit of a call in seconds) -> adapter."""


def kinds() -> tuple[str, ...]:
    """Every kind that has an adapter, built in or by plugin."""
    return (*BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - set(BUILT_IN)))


def open_adapter(
    provider: Provider, endpoint: Endpoint, credentials: Mapping[str, Secret], *, timeout_s: float | None = None
) -> Adapter:
    """An adapter for one endpoint of a provider. Raises ConfigError for a kind or an option that does not exist."""
    if provider.kind in BUILT_IN:
        module = import_module(f"pxctl.providers.{provider.kind}")
        make, options = module.open_adapter, module.OPTIONS
    else:
        found = {point.name: point for point in entry_points(group=GROUP)}
        if provider.kind not in found:
            raise ConfigError(
                f"provider `{provider.id}`: no adapter for kind `{provider.kind}`",
                hint=f"known kinds: {', '.join(kinds())}; others by plugin",
            )
        make = found[provider.kind].load()
        options = getattr(make, "OPTIONS", None)
    for name in provider.options:
        if options is not None and name not in options:
            known = ", ".join(options) or "none"
            raise ConfigError(
                f"provider `{provider.id}`: kind `{provider.kind}` has no option `{name}`", hint=f"its options: {known}"
            )
    limit = timeout_s if timeout_s is not None else provider.timeout_ms / 1000
    return Guarded(cast(Make, make)(provider, endpoint, credentials, limit))
