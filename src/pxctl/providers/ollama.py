"""Ollama's own interface (`/api/chat`, newline-delimited JSON). The endpoint's URL is the server's root."""

from __future__ import annotations

import base64
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

OPTIONS: Mapping[str, str] = {"keep_alive": "how long the model stays loaded, such as 5m"}
_FINISH: Mapping[str, Finish] = {"stop": "stop", "length": "length"}


class Ollama(Unable):
    """One Ollama server."""

    kind = "ollama"
    features: frozenset[Feature] = frozenset({"chat", "streaming", "tools", "json_schema", "vision", "embeddings"})

    def __init__(self, channel: Channel, options: Mapping[str, str]) -> None:
        self._channel = channel
        self._options = options

    async def chat(self, request: ChatRequest) -> ChatReply:
        """One answer."""
        refuse_beyond(self, request)
        answer = await self._channel.post("/api/chat", {**self._body(request), "stream": False})
        body = answer.json()
        message = body.get("message")
        if not isinstance(message, dict):
            raise ProviderError("bad_response", "the answer has no message", request_id=answer.request_id)
        text, calls = str(message.get("content") or ""), _calls(message)
        finish: Finish = "tool_calls" if calls else _FINISH.get(str(body.get("done_reason")), "other")
        usage = _usage(body) or estimate(request, text)
        return ChatReply(text, finish, usage, str(body.get("model") or ""), calls, answer.request_id)

    async def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        """One answer, streamed line by line; the last line says `done`."""
        refuse_beyond(self, request)
        async with self._channel.stream("/api/chat", {**self._body(request), "stream": True}) as stream:
            text = ""
            calls: tuple[ToolCall, ...] = ()
            async for line in stream.lines():
                if not line.strip():
                    continue
                piece = parse_json(line, stream.media_type)
                raise_for_error_body(piece, stream.request_id)
                if not isinstance(piece, dict):
                    raise ProviderError("bad_response", "a line of the stream is not a JSON object")
                message = piece.get("message") or {}
                calls = (*calls, *_calls(message))
                if message.get("content"):
                    text += message["content"]
                    yield StreamEvent(text=message["content"])
                if piece.get("done"):
                    finish: Finish = "tool_calls" if calls else _FINISH.get(str(piece.get("done_reason")), "other")
                    usage = _usage(piece) or estimate(request, text)
                    model = str(piece.get("model") or "")
                    yield StreamEvent(finish=finish, usage=usage, model=model, tool_calls=calls)
                    return
            raise ProviderError("stream_interrupted", "the stream ended before its end mark")

    async def embed(self, model: str, texts: tuple[str, ...]) -> EmbedReply:
        """Embeddings of several texts at once."""
        answer = await self._channel.post("/api/embed", {"model": model, "input": list(texts)})
        body = answer.json()
        try:
            vectors = tuple(tuple(float(x) for x in row) for row in body["embeddings"])
        except (KeyError, TypeError, ValueError):
            raise ProviderError(
                "bad_response", "the answer holds no embeddings", request_id=answer.request_id
            ) from None
        count = body.get("prompt_eval_count")
        usage = Usage(count) if isinstance(count, int) else Usage(sum(-(-len(t) // 4) for t in texts), estimated=True)
        return EmbedReply(vectors, usage, str(body.get("model") or ""), answer.request_id)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._channel.aclose()

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        settings: dict[str, Any] = {"num_predict": request.max_output_tokens}
        if request.temperature is not None:
            settings["temperature"] = request.temperature
        body: dict[str, Any] = {
            "model": request.model, "messages": [_turn(message) for message in request.messages], "options": settings,
        }  # fmt: skip
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": t.name, "description": t.description, "parameters": t.parameters},
                }
                for t in request.tools
            ]
        if request.json_schema is not None:
            body["format"] = request.json_schema
        if "keep_alive" in self._options:
            body["keep_alive"] = self._options["keep_alive"]
        return body


def _turn(message: Message) -> dict[str, Any]:
    turn: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.images:
        turn["images"] = [base64.b64encode(image.data).decode() for image in message.images]
    if message.tool_calls:
        turn["tool_calls"] = [
            {"function": {"name": c.name, "arguments": dict(c.arguments)}} for c in message.tool_calls
        ]
    if message.role == "tool" and message.tool_name:
        turn["tool_name"] = message.tool_name
    return turn


def _calls(message: Mapping[str, Any]) -> tuple[ToolCall, ...]:
    found = []
    for number, call in enumerate(message.get("tool_calls") or ()):
        function = call.get("function") or {}
        name = str(function.get("name", ""))
        found.append(ToolCall(str(call.get("id") or f"call-{number}"), name, arguments_of(function.get("arguments"))))
    return tuple(found)


def _usage(body: Mapping[str, Any]) -> Usage | None:
    output, read = body.get("eval_count"), body.get("prompt_eval_count")
    if not isinstance(output, int):
        return None
    return Usage(read if isinstance(read, int) else 0, output)  # a prompt from the cache has no count


def open_adapter(provider: Provider, endpoint: Endpoint, credentials: Mapping[str, Secret], timeout_s: float) -> Ollama:
    """An adapter for one endpoint."""
    authorise = bearer(credentials.get("api_key"))
    return Ollama(Channel(endpoint.url, timeout_s=timeout_s, authorise=authorise), provider.options)
