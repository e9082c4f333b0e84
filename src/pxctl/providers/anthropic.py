"""Anthropic's Messages interface. The endpoint's URL is `https://api.anthropic.com`, with or without `/v1`.

A JSON schema is asked for the way that works with every model: as the input schema of a tool that must be called.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from pxctl.core.secret import Secret
from pxctl.model.provider import Endpoint, Provider
from pxctl.providers.answer import Stream, parse_json, raise_for_error_body
from pxctl.providers.base import (
    ChatReply,
    ChatRequest,
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

VERSION = "2023-06-01"
OPTIONS: Mapping[str, str] = {"version": f"the anthropic-version header; default {VERSION}"}
ANSWER = "answer"
_FINISH: Mapping[str, Finish] = {
    "end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls",
    "refusal": "content_filter", "model_context_window_exceeded": "length",
}  # fmt: skip


class Anthropic(Unable):
    """Claude."""

    kind = "anthropic"
    features: frozenset[Feature] = frozenset({"chat", "streaming", "tools", "json_schema", "vision"})

    def __init__(self, channel: Channel, options: Mapping[str, str]) -> None:
        self._channel = channel
        self._headers = {"anthropic-version": options.get("version", VERSION)}
        self._path = "/messages" if channel.base.path.rstrip("/").endswith("/v1") else "/v1/messages"

    async def chat(self, request: ChatRequest) -> ChatReply:
        """One message."""
        refuse_beyond(self, request)
        answer = await self._channel.post(self._path, body_of(request), self._headers)
        return read_message(answer.json(), request, answer.request_id)

    async def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        """One message, streamed; it ends at `message_stop`."""
        refuse_beyond(self, request)
        body = {**body_of(request), "stream": True}
        async with self._channel.stream(self._path, body, self._headers) as stream:
            async for event in read_stream(stream, request):
                yield event

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._channel.aclose()


def body_of(request: ChatRequest) -> dict[str, Any]:
    """The JSON body of a message."""
    body: dict[str, Any] = {"model": request.model, "max_tokens": request.max_output_tokens}
    system = "\n\n".join(message.text for message in request.messages if message.role == "system")
    if system:
        body["system"] = system
    body["messages"] = [_turn(message) for message in request.messages if message.role != "system"]
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.tools:
        body["tools"] = [
            {"name": t.name, "description": t.description, "input_schema": t.parameters} for t in request.tools
        ]
    if request.json_schema is not None:
        tool = {"name": ANSWER, "description": "Give the answer", "input_schema": request.json_schema}
        body["tools"] = [*body.get("tools", ()), tool]
        body["tool_choice"] = {"type": "tool", "name": ANSWER}
    return body


def _turn(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        result = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.text}
        return {"role": "user", "content": [result]}
    parts: list[dict[str, Any]] = []
    for image in message.images:
        data = base64.b64encode(image.data).decode()
        parts.append({"type": "image", "source": {"type": "base64", "media_type": image.media_type, "data": data}})
    if message.text:
        parts.append({"type": "text", "text": message.text})
    for call in message.tool_calls:
        parts.append({"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.arguments)})
    return {"role": message.role, "content": parts}


def _usage(raw: Any) -> Usage | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("input_tokens"), int):
        return None
    cached = raw.get("cache_read_input_tokens") or 0
    written = raw.get("cache_creation_input_tokens") or 0
    return Usage(raw["input_tokens"] + cached + written, raw.get("output_tokens") or 0, cached)


def read_message(body: Mapping[str, Any], request: ChatRequest, request_id: str | None) -> ChatReply:
    """Our reply from a message."""
    content = body.get("content")
    if not isinstance(content, list):
        raise ProviderError("bad_response", "the answer has no content: this is not a message", request_id=request_id)
    text, calls = "", []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            text += str(part.get("text", ""))
        elif kind == "tool_use":
            calls.append(ToolCall(str(part.get("id", "")), str(part.get("name", "")), arguments_of(part.get("input"))))
    text, made, finish = _unwrapped(request, text, tuple(calls), _FINISH.get(str(body.get("stop_reason")), "other"))
    usage = _usage(body.get("usage")) or estimate(request, text)
    return ChatReply(text, finish, usage, str(body.get("model") or ""), made, request_id)


def _unwrapped(
    request: ChatRequest, text: str, calls: tuple[ToolCall, ...], finish: Finish
) -> tuple[str, tuple[ToolCall, ...], Finish]:
    """An answer that came as the call of our own tool is text again."""
    if request.json_schema is None:
        return text, calls, finish
    mine = [call for call in calls if call.name == ANSWER]
    if not mine:
        return text, calls, finish
    rest = tuple(call for call in calls if call.name != ANSWER)
    return json.dumps(dict(mine[0].arguments)), rest, "stop" if not rest else finish


async def read_stream(stream: Stream, request: ChatRequest) -> AsyncIterator[StreamEvent]:
    """Our events from a stream of message events."""
    text, model, finish, done = "", "", None, False
    seen: dict[str, Any] = {}
    calls: dict[int, dict[str, str]] = {}
    async for _, data in stream.events():
        event = parse_json(data)
        raise_for_error_body(event, stream.request_id)
        if not isinstance(event, dict):
            raise ProviderError("bad_response", "a piece of the stream is not a JSON object")
        kind = event.get("type")
        if kind == "message_start":
            message = event.get("message") or {}
            model, seen = str(message.get("model") or ""), dict(message.get("usage") or {})
        elif kind == "content_block_start" and (event.get("content_block") or {}).get("type") == "tool_use":
            block = event["content_block"]
            calls[int(event.get("index", 0))] = {"id": str(block.get("id")), "name": str(block.get("name")), "json": ""}
        elif kind == "content_block_delta":
            delta = event.get("delta") or {}
            if delta.get("type") == "text_delta" and delta.get("text"):
                text += delta["text"]
                yield StreamEvent(text=delta["text"])
            elif delta.get("type") == "input_json_delta" and int(event.get("index", 0)) in calls:
                calls[int(event.get("index", 0))]["json"] += str(delta.get("partial_json", ""))
        elif kind == "message_delta":
            reason = (event.get("delta") or {}).get("stop_reason")
            finish = _FINISH.get(str(reason), "other") if reason else finish
            seen |= event.get("usage") or {}
        elif kind == "message_stop":
            done = True
            break
    if not done or finish is None:
        raise ProviderError("stream_interrupted", "the stream ended before its end mark", request_id=stream.request_id)
    made = tuple(ToolCall(c["id"], c["name"], arguments_of(c["json"])) for _, c in sorted(calls.items()))
    answer, made, finish = _unwrapped(request, text, made, finish)
    usage = _usage(seen) or estimate(request, answer)
    late = answer if answer != text else ""
    yield StreamEvent(text=late, finish=finish, usage=usage, model=model, tool_calls=made, request_id=stream.request_id)


def open_adapter(
    provider: Provider, endpoint: Endpoint, credentials: Mapping[str, Secret], timeout_s: float
) -> Anthropic:
    """An adapter for one endpoint."""
    authorise = bearer(credentials.get("api_key"), "x-api-key", "")
    return Anthropic(Channel(endpoint.url, timeout_s=timeout_s, authorise=authorise), provider.options)
