"""OpenAI, and everybody who speaks its wire format: Mistral, Groq, vLLM, gateways.

The endpoint's URL is the base that SDKs take, such as `https://api.openai.com/v1`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx

from pxctl.core.secret import Secret
from pxctl.model.provider import Endpoint, Provider
from pxctl.providers import openai_wire as wire
from pxctl.providers.base import (
    ChatReply,
    ChatRequest,
    EmbedReply,
    Feature,
    SpeechReply,
    StreamEvent,
    Usage,
    refuse_beyond,
    unable,
)
from pxctl.providers.channel import Authorise, Channel
from pxctl.providers.errors import ProviderError

OPTIONS: Mapping[str, str] = {
    "organization": "value of the OpenAI-Organization header",
    "project": "value of the OpenAI-Project header",
    "limit_field": "name of the output limit: max_tokens or max_completion_tokens",
    "voice": "voice for speech",
}


class OpenAICompatible:
    """Chat completions, embeddings and speech over OpenAI's wire format."""

    kind = "openai_compatible"
    features: frozenset[Feature] = frozenset(
        {"chat", "streaming", "tools", "json_schema", "vision", "embeddings", "speech"}
    )

    def __init__(self, channel: Channel, options: Mapping[str, str]) -> None:
        self._channel = channel
        self._options = options
        newer = channel.base.host.endswith((".openai.com", ".azure.com"))  # newer models there refuse the older name
        self._limit_field = options.get("limit_field", "max_completion_tokens" if newer else "max_tokens")
        self._headers = {
            header: options[name]
            for name, header in (("organization", "openai-organization"), ("project", "openai-project"))
            if name in options
        }

    def path(self, model: str, action: str) -> str:  # noqa: ARG002 - Azure's path holds the model
        """Where an action lies below the endpoint's URL."""
        return f"/{action}"

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """The body of a chat completion."""
        return wire.chat_body(request, limit_field=self._limit_field)

    async def chat(self, request: ChatRequest) -> ChatReply:
        """One chat completion."""
        refuse_beyond(self, request)
        answer = await self._channel.post(
            self.path(request.model, "chat/completions"), self.body(request), self._headers
        )
        return wire.read_chat(answer.json(), request, answer.request_id)

    async def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        """One chat completion, streamed, with usage where the vendor gives it."""
        refuse_beyond(self, request)
        body = {**self.body(request), "stream": True, "stream_options": {"include_usage": True}}
        async with self._channel.stream(self.path(request.model, "chat/completions"), body, self._headers) as stream:
            async for event in wire.read_stream(stream, request):
                yield event

    async def embed(self, model: str, texts: tuple[str, ...]) -> EmbedReply:
        """Embeddings in the order of the texts."""
        body = {"model": model, "input": list(texts), "encoding_format": "float"}
        answer = await self._channel.post(self.path(model, "embeddings"), body, self._headers)
        found = answer.json()
        try:
            rows = sorted(found["data"], key=lambda row: int(row["index"]))
            vectors = tuple(tuple(float(x) for x in row["embedding"]) for row in rows)
        except (KeyError, TypeError, ValueError):
            raise ProviderError(
                "bad_response", "the answer holds no embeddings", request_id=answer.request_id
            ) from None
        usage = wire.usage_of(found.get("usage")) or Usage(sum(-(-len(text) // 4) for text in texts), estimated=True)
        return EmbedReply(vectors, usage, str(found.get("model") or ""), answer.request_id)

    async def speak(self, model: str, text: str) -> SpeechReply:
        """The text, spoken, as WAV."""
        if "speech" not in self.features:
            raise unable(self.kind, "speech")
        body = {"model": model, "input": text, "voice": self._options.get("voice", "alloy"), "response_format": "wav"}
        answer = await self._channel.post(self.path(model, "audio/speech"), body, self._headers)
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip()
        if media_type == "application/json":
            answer.json()  # an error body that was sent with status 200
            raise ProviderError("bad_response", "the answer is JSON and not audio", request_id=answer.request_id)
        return SpeechReply(answer.data, media_type, answer.request_id)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._channel.aclose()


def bearer(secret: Secret | None, header: str = "authorization", prefix: str = "Bearer ") -> Authorise | None:
    """Puts a secret into a header of a request that leaves; None without a secret."""
    if secret is None:
        return None

    def authorise(request: httpx.Request) -> None:
        value = secret.reveal()
        if not value.isascii() or not value.isprintable():
            raise ProviderError("authentication", "the credential holds characters that no header can")
        request.headers[header] = prefix + value

    return authorise


def open_adapter(
    provider: Provider, endpoint: Endpoint, credentials: Mapping[str, Secret], timeout_s: float
) -> OpenAICompatible:
    """An adapter for one endpoint."""
    channel = Channel(endpoint.url, timeout_s=timeout_s, authorise=bearer(credentials.get("api_key")))
    return OpenAICompatible(channel, provider.options)
