"""Azure OpenAI: OpenAI's wire format under deployments' paths, with an `api-key` header.

The endpoint's URL is the resource, such as `https://NAME.openai.azure.com`; the model's `deployment_name` (else its id)
is the deployment. A URL that ends in `/openai/v1` uses the versionless interface instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from pxctl.core.secret import Secret
from pxctl.model.provider import Endpoint, Provider
from pxctl.providers.channel import Channel
from pxctl.providers.openai_compatible import OpenAICompatible, bearer

API_VERSION = "2024-10-21"
OPTIONS: Mapping[str, str] = {
    "api_version": f"the api-version parameter; default {API_VERSION}",
    "limit_field": "name of the output limit: max_completion_tokens (default) or max_tokens",
    "voice": "voice for speech",
}


class AzureOpenAI(OpenAICompatible):
    """OpenAI's models at Azure."""

    kind = "azure_openai"

    def __init__(self, channel: Channel, options: Mapping[str, str]) -> None:
        super().__init__(channel, {"limit_field": "max_completion_tokens", **options})
        self._version = options.get("api_version", API_VERSION)
        self._plain = channel.base.path.rstrip("/").endswith("/openai/v1")

    def path(self, model: str, action: str) -> str:
        """Where an action of a deployment lies."""
        if self._plain:
            return f"/{action}"
        return f"/openai/deployments/{model}/{action}?api-version={self._version}"


def open_adapter(
    provider: Provider, endpoint: Endpoint, credentials: Mapping[str, Secret], timeout_s: float
) -> AzureOpenAI:
    """An adapter for one endpoint."""
    authorise = bearer(credentials.get("api_key"), "api-key", "")
    return AzureOpenAI(Channel(endpoint.url, timeout_s=timeout_s, authorise=authorise), provider.options)
