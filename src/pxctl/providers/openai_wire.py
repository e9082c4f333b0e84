"""OpenAI's chat completions wire format, which several vendors and servers speak."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from pxctl.providers.answer import Stream, parse_json, raise_for_error_body
from pxctl.providers.base import (
    ChatReply,
    ChatRequest,
    Finish,
    Message,
    StreamEvent,
    ToolCall,
    Usage,
    arguments_of,
    estimate,
)
from pxctl.providers.errors import ProviderError

_FINISH: Mapping[str, Finish] = {
    "stop": "stop", "length": "length", "tool_calls": "tool_calls", "function_call": "tool_calls",
    "content_filter": "content_filter",
}  # fmt: skip


def chat_body(request: ChatRequest, *, limit_field: str = "max_tokens") -> dict[str, Any]:
    """The JSON body of a chat completion."""
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [_message(message) for message in request.messages],
        limit_field: request.max_output_tokens,
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.tools:
        body["tools"] = [
            {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.parameters}}
            for t in request.tools
        ]
    if request.json_schema is not None:
        schema = {"name": "answer", "strict": True, "schema": request.json_schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.text}
    if message.images:
        parts: list[dict[str, Any]] = [{"type": "text", "text": message.text}]
        for image in message.images:
            url = f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"
            parts.append({"type": "image_url", "image_url": {"url": url}})
        return {"role": message.role, "content": parts}
    body: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.tool_calls:
        body["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": json.dumps(dict(c.arguments))}}
            for c in message.tool_calls
        ]
    return body


def usage_of(raw: Any) -> Usage | None:
    """Usage as the vendor states it; None where it does not."""
    if not isinstance(raw, dict) or not isinstance(raw.get("prompt_tokens"), int):
        return None
    details = raw.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    output = raw.get("completion_tokens")
    return Usage(
        raw["prompt_tokens"], output if isinstance(output, int) else 0, cached if isinstance(cached, int) else 0
    )


def read_chat(body: Mapping[str, Any], request: ChatRequest, request_id: str | None) -> ChatReply:
    """Our reply from the body of a chat completion. Raises `bad_response`, `content_policy`."""
    choice = _first(body)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise ProviderError("bad_response", "the answer has no message", request_id=request_id)
    text = text_of(message.get("content"))
    finish = finish_of(choice.get("finish_reason"))
    if finish == "content_filter" and not text:
        raise ProviderError("content_policy", "the vendor's filter withheld the answer", request_id=request_id)
    calls = tuple(_call(call) for call in message.get("tool_calls") or ())
    usage = usage_of(body.get("usage")) or estimate(request, text)
    return ChatReply(text, finish, usage, str(body.get("model") or ""), calls, request_id)


def text_of(content: Any) -> str:
    """A message's text, whether the vendor sends a text or a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def finish_of(reason: Any) -> Finish:
    """Our word for a finish reason."""
    return _FINISH.get(reason, "other") if isinstance(reason, str) else "other"


def _first(body: Mapping[str, Any]) -> dict[str, Any]:
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ProviderError("bad_response", "the answer has no choices: this is not a chat completion")
    return choices[0]


def _call(raw: Any) -> ToolCall:
    function = raw.get("function") if isinstance(raw, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise ProviderError("bad_response", "a tool call without a function name")
    return ToolCall(str(raw.get("id", "")), function["name"], arguments_of(function.get("arguments")))


async def read_stream(stream: Stream, request: ChatRequest) -> AsyncIterator[StreamEvent]:
    """Our events from a stream of chat completion chunks; it ends at `[DONE]`."""
    text, model, finish, usage, done = [], "", None, None, False
    calls: dict[int, dict[str, str]] = {}
    async for _, data in stream.events():
        if data.strip() == "[DONE]":
            done = True
            break
        chunk = parse_json(data)
        raise_for_error_body(chunk, stream.request_id)
        if not isinstance(chunk, dict):
            raise ProviderError("bad_response", "a piece of the stream is not a JSON object")
        model = model or str(chunk.get("model") or "")
        usage = usage_of(chunk.get("usage")) or usage
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            finish = finish_of(choice["finish_reason"]) if choice.get("finish_reason") else finish
            _gather(calls, delta.get("tool_calls") or ())
            piece = text_of(delta.get("content"))
            if piece:
                text.append(piece)
                yield StreamEvent(text=piece)
    if not done or finish is None:
        raise ProviderError("stream_interrupted", "the stream ended before its end mark", request_id=stream.request_id)
    made = tuple(ToolCall(c["id"], c["name"], arguments_of(c["arguments"])) for _, c in sorted(calls.items()))
    usage = usage or estimate(request, "".join(text))
    yield StreamEvent(finish=finish, usage=usage, model=model, tool_calls=made, request_id=stream.request_id)


def _gather(calls: dict[int, dict[str, str]], deltas: Any) -> None:
    for delta in deltas:
        call = calls.setdefault(int(delta.get("index", 0)), {"id": "", "name": "", "arguments": ""})
        function = delta.get("function") or {}
        call["id"] = call["id"] or str(delta.get("id") or "")
        call["name"] += str(function.get("name") or "")
        call["arguments"] += str(function.get("arguments") or "")
