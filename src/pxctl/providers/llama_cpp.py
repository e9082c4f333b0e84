"""llama.cpp's server: OpenAI's wire format, usually on this machine and without a key.

The endpoint's URL may be the server's root or end in `/v1`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pxctl.core.secret import Secret
from pxctl.model.provider import Endpoint, Provider
from pxctl.providers.base import Feature
from pxctl.providers.channel import Channel
from pxctl.providers.openai_compatible import OpenAICompatible, bearer

OPTIONS: Mapping[str, str] = {}


class LlamaCpp(OpenAICompatible):
    """One llama.cpp server."""

    kind = "llama_cpp"
    features: frozenset[Feature] = frozenset({"chat", "streaming", "tools", "json_schema", "vision", "embeddings"})

    def __init__(self, channel: Channel, options: Mapping[str, str]) -> None:
        super().__init__(channel, options)
        self._prefix = "" if channel.base.path.rstrip("/").endswith("/v1") else "/v1"

    def path(self, model: str, action: str) -> str:  # noqa: ARG002 - a server has one model
        """Where an action lies."""
        return f"{self._prefix}/{action}"


def open_adapter(
    provider: Provider, endpoint: Endpoint, credentials: Mapping[str, Secret], timeout_s: float
) -> LlamaCpp:
    """An adapter for one endpoint."""
    authorise = bearer(credentials.get("api_key"))
    return LlamaCpp(Channel(endpoint.url, timeout_s=timeout_s, authorise=authorise), provider.options)
