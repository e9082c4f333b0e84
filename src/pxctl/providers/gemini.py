"""Google's Gemini interface (`generateContent`). The endpoint's URL ends in a version, such as
`https://generativelanguage.googleapis.com/v1beta`; without one, `v1beta` is added. The key goes into a header, never
into the URL, where logs would keep it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from pxctl.core.secret import Secret
from pxctl.model.provider import Endpoint, Provider
from pxctl.providers.answer import parse_json, raise_for_error_body
from pxctl.providers.base import (
    ChatReply,
    ChatRequest,
    EmbedReply,
    Feature,
    Finish,
    Message,
    StreamEvent,
    ToolCall,
    Unable,
    Usage,
    arguments_of,
    estimate,
    refuse_beyond,
)
from pxctl.providers.channel import Channel
from pxctl.providers.errors import ProviderError
from pxctl.providers.openai_compatible import bearer

OPTIONS: Mapping[str, str] = {}
_FINISH: Mapping[str, Finish] = {
    "STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter", "PROHIBITED_CONTENT": "content_filter", "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter", "LANGUAGE": "content_filter",
}  # fmt: skip
_UNKNOWN_TO_GEMINI = ("additionalProperties", "$schema", "title", "default")


class Gemini(Unable):
    """Google's models."""

    kind = "gemini"
    features: frozenset[Feature] = frozenset(
        {"chat", "streaming", "tools", "json_schema", "vision", "embeddings"}
    )  # fmt: skip

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._prefix = "" if re.search(r"/v1[a-z0-9]*$", channel.base.path.rstrip("/")) else "/v1beta"

    def _path(self, model: str, action: str) -> str:
        return f"{self._prefix}/models/{model.removeprefix('models/')}:{action}"

    async def chat(self, request: ChatRequest) -> ChatReply:
        """One generation."""
        refuse_beyond(self, request)
        answer = await self._channel.post(self._path(request.model, "generateContent"), body_of(request))
        body = answer.json()
        parts = _Parts()
        parts.add(body, answer.request_id)
        if parts.finish is None and not parts.text and not parts.calls:
            raise ProviderError("bad_response", "the answer has no candidates", request_id=answer.request_id)
        return ChatReply(
            parts.text, parts.ended, parts.usage or estimate(request, parts.text), parts.model, tuple(parts.calls),
            answer.request_id,
        )  # fmt: skip

    async def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        """One generation, streamed; the last piece has a finish reason."""
        refuse_beyond(self, request)
        path = self._path(request.model, "streamGenerateContent") + "?alt=sse"
        async with self._channel.stream(path, body_of(request)) as stream:
            parts = _Parts()
            async for _, data in stream.events():
                chunk = parse_json(data)
                raise_for_error_body(chunk, stream.request_id)
                if not isinstance(chunk, dict):
                    raise ProviderError("bad_response", "a piece of the stream is not a JSON object")
                piece = parts.add(chunk, stream.request_id)
                if piece:
                    yield StreamEvent(text=piece)
            if parts.finish is None:
                raise ProviderError(
                    "stream_interrupted", "the stream ended before its end mark", request_id=stream.request_id
                )
            usage = parts.usage or estimate(request, parts.text)
            yield StreamEvent(
                finish=parts.ended, usage=usage, model=parts.model, tool_calls=tuple(parts.calls),
                request_id=stream.request_id,
            )  # fmt: skip

    async def embed(self, model: str, texts: tuple[str, ...]) -> EmbedReply:
        """Embeddings of several texts at once."""
        name = f"models/{model.removeprefix('models/')}"
        requests = [{"model": name, "content": {"parts": [{"text": text}]}} for text in texts]
        answer = await self._channel.post(self._path(model, "batchEmbedContents"), {"requests": requests})
        try:
            vectors = tuple(tuple(float(x) for x in row["values"]) for row in answer.json()["embeddings"])
        except (KeyError, TypeError, ValueError):
            raise ProviderError(
                "bad_response", "the answer holds no embeddings", request_id=answer.request_id
            ) from None
        usage = Usage(sum(-(-len(text) // 4) for text in texts), estimated=True)
        return EmbedReply(vectors, usage, model, answer.request_id)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._channel.aclose()


class _Parts:
    """What the pieces of one generation add up to."""

    def __init__(self) -> None:
        self.text = ""
        self.calls: list[ToolCall] = []
        self.finish: str | None = None
        self.usage: Usage | None = None
        self.model = ""

    @property
    def ended(self) -> Finish:
        """Our word for how it ended."""
        return "tool_calls" if self.calls else _FINISH.get(self.finish or "", "other")

    def add(self, body: Mapping[str, Any], request_id: str | None) -> str:
        """Take in one piece; returns its text."""
        blocked = (body.get("promptFeedback") or {}).get("blockReason")
        if blocked:
            raise ProviderError("content_policy", f"the prompt was blocked: {blocked}", request_id=request_id)
        self.model = str(body.get("modelVersion") or self.model)
        raw = body.get("usageMetadata")
        if isinstance(raw, dict) and isinstance(raw.get("promptTokenCount"), int):
            output = (raw.get("candidatesTokenCount") or 0) + (raw.get("thoughtsTokenCount") or 0)
            self.usage = Usage(raw["promptTokenCount"], output, raw.get("cachedContentTokenCount") or 0)
        piece = ""
        for candidate in (body.get("candidates") or ())[:1]:
            self.finish = candidate.get("finishReason") or self.finish
            for part in (candidate.get("content") or {}).get("parts") or ():
                if isinstance(part.get("text"), str) and not part.get("thought"):
                    piece += part["text"]
                call = part.get("functionCall")
                if isinstance(call, dict):
                    number = str(call.get("id") or f"call-{len(self.calls)}")
                    self.calls.append(ToolCall(number, str(call.get("name", "")), arguments_of(call.get("args") or {})))
        self.text += piece
        return piece


def body_of(request: ChatRequest) -> dict[str, Any]:
    """The JSON body of a generation."""
    settings: dict[str, Any] = {"maxOutputTokens": request.max_output_tokens}
    if request.temperature is not None:
        settings["temperature"] = request.temperature
    if request.json_schema is not None:
        settings |= {"responseMimeType": "application/json", "responseSchema": _schema(request.json_schema)}
    body: dict[str, Any] = {
        "contents": [_turn(message) for message in request.messages if message.role != "system"],
        "generationConfig": settings,
    }
    system = "\n\n".join(message.text for message in request.messages if message.role == "system")
    if system:
        body["systemInstruction"] = {"parts": [{"text": system}]}
    if request.tools:
        tools = [
            {"name": t.name, "description": t.description, "parameters": _schema(t.parameters)} for t in request.tools
        ]
        body["tools"] = [{"functionDeclarations": tools}]
    return body


def _schema(schema: Any) -> Any:
    """A JSON Schema without the words that Gemini's dialect refuses."""
    if isinstance(schema, Mapping):
        return {key: _schema(value) for key, value in schema.items() if key not in _UNKNOWN_TO_GEMINI}
    return [_schema(value) for value in schema] if isinstance(schema, list | tuple) else schema


def _turn(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        try:
            result = json.loads(message.text)
        except ValueError:
            result = message.text
        response = result if isinstance(result, dict) else {"result": result}
        return {"role": "user", "parts": [{"functionResponse": {"name": message.tool_name, "response": response}}]}
    parts: list[dict[str, Any]] = [{"text": message.text}] if message.text else []
    for image in message.images:
        data = base64.b64encode(image.data).decode()
        parts.append({"inlineData": {"mimeType": image.media_type, "data": data}})
    parts += [{"functionCall": {"name": call.name, "args": dict(call.arguments)}} for call in message.tool_calls]
    return {"role": "model" if message.role == "assistant" else "user", "parts": parts}


def open_adapter(
    provider: Provider,  # noqa: ARG001 - this kind has no options
    endpoint: Endpoint,
    credentials: Mapping[str, Secret],
    timeout_s: float,
) -> Gemini:
    """An adapter for one endpoint."""
    authorise = bearer(credentials.get("api_key"), "x-goog-api-key", "")
    return Gemini(Channel(endpoint.url, timeout_s=timeout_s, authorise=authorise))
