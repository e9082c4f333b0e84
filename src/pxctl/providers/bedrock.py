"""Amazon Bedrock's Converse interface. The endpoint's URL is `https://bedrock-runtime.REGION.amazonaws.com`.

With an `api_key` credential, Bedrock's API keys are used (a bearer token). With `aws_access_key_id` and
`aws_secret_access_key` (and `aws_session_token`), requests are signed (Signature Version 4) by botocore, extra `aws`.
Requests go over the same seam as everybody's; boto3 itself is not used.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from pxctl.core.errors import ConfigError
from pxctl.core.secret import Secret
from pxctl.model.provider import Endpoint, Provider
from pxctl.providers.answer import parse_json
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
from pxctl.providers.channel import Authorise, Channel
from pxctl.providers.errors import ProviderError, classify
from pxctl.providers.openai_compatible import bearer

OPTIONS: Mapping[str, str] = {"aws_region": "the AWS region that signs; default: from the endpoint's host"}
_FINISH: Mapping[str, Finish] = {
    "end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter", "content_filtered": "content_filter",
}  # fmt: skip


class Bedrock(Unable):
    """Models at Amazon Bedrock."""

    kind = "bedrock"
    features: frozenset[Feature] = frozenset({"chat", "streaming", "tools", "vision"})

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def chat(self, request: ChatRequest) -> ChatReply:
        """One answer."""
        refuse_beyond(self, request)
        answer = await self._channel.post(f"/model/{quote(request.model, safe='')}/converse", body_of(request))
        body = answer.json()
        message = (body.get("output") or {}).get("message")
        if not isinstance(message, dict):
            raise ProviderError("bad_response", "the answer has no message", request_id=answer.request_id)
        text, calls = "", []
        for part in message.get("content") or ():
            text += str(part.get("text") or "")
            use = part.get("toolUse")
            if isinstance(use, dict):
                calls.append(
                    ToolCall(str(use.get("toolUseId", "")), str(use.get("name", "")), arguments_of(use.get("input")))
                )
        usage = _usage(body.get("usage")) or estimate(request, text)
        finish = _FINISH.get(str(body.get("stopReason")), "other")
        return ChatReply(text, finish, usage, "", tuple(calls), answer.request_id)

    async def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        """One answer as an Amazon event stream; it ends with `metadata` after `messageStop`."""
        refuse_beyond(self, request)
        path = f"/model/{quote(request.model, safe='')}/converse-stream"
        async with self._channel.stream(path, body_of(request)) as stream:
            if stream.media_type != "application/vnd.amazon.eventstream":
                raise ProviderError("bad_response", f"asked for an event stream, got `{stream.media_type[:60]}`")
            buffer = _event_buffer()
            text, finish, usage = "", None, None
            calls: dict[int, dict[str, str]] = {}
            async for chunk in stream.chunks():
                for kind, event in _events(buffer, chunk):
                    if kind == "contentBlockStart" and "toolUse" in (event.get("start") or {}):
                        use = event["start"]["toolUse"]
                        number = int(event.get("contentBlockIndex", 0))
                        calls[number] = {"id": str(use.get("toolUseId")), "name": str(use.get("name")), "json": ""}
                    elif kind == "contentBlockDelta":
                        delta = event.get("delta") or {}
                        if delta.get("text"):
                            text += delta["text"]
                            yield StreamEvent(text=delta["text"])
                        number = int(event.get("contentBlockIndex", 0))
                        if "toolUse" in delta and number in calls:
                            calls[number]["json"] += str(delta["toolUse"].get("input", ""))
                    elif kind == "messageStop":
                        finish = _FINISH.get(str(event.get("stopReason")), "other")
                    elif kind == "metadata":
                        usage = _usage(event.get("usage")) or usage
            if finish is None:
                raise ProviderError(
                    "stream_interrupted", "the stream ended before its end mark", request_id=stream.request_id
                )
            made = tuple(ToolCall(c["id"], c["name"], arguments_of(c["json"])) for _, c in sorted(calls.items()))
            usage = usage or estimate(request, text)
            yield StreamEvent(finish=finish, usage=usage, tool_calls=made, request_id=stream.request_id)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._channel.aclose()


def body_of(request: ChatRequest) -> dict[str, Any]:
    """The JSON body of a Converse request."""
    settings: dict[str, Any] = {"maxTokens": request.max_output_tokens}
    if request.temperature is not None:
        settings["temperature"] = request.temperature
    body: dict[str, Any] = {
        "messages": [_turn(message) for message in request.messages if message.role != "system"],
        "inferenceConfig": settings,
    }
    system = [{"text": message.text} for message in request.messages if message.role == "system"]
    if system:
        body["system"] = system
    if request.tools:
        tools = [
            {"toolSpec": {"name": t.name, "description": t.description, "inputSchema": {"json": t.parameters}}}
            for t in request.tools
        ]
        body["toolConfig"] = {"tools": tools}
    return body


def _turn(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        result = {"toolUseId": message.tool_call_id, "content": [{"text": message.text}]}
        return {"role": "user", "content": [{"toolResult": result}]}
    parts: list[dict[str, Any]] = []
    for image in message.images:
        data = base64.b64encode(image.data).decode()
        parts.append({"image": {"format": image.media_type.partition("/")[2], "source": {"bytes": data}}})
    if message.text:
        parts.append({"text": message.text})
    for call in message.tool_calls:
        parts.append({"toolUse": {"toolUseId": call.id, "name": call.name, "input": dict(call.arguments)}})
    return {"role": message.role, "content": parts}


def _usage(raw: Any) -> Usage | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("inputTokens"), int):
        return None
    cached = raw.get("cacheReadInputTokens") or 0
    return Usage(raw["inputTokens"] + cached, raw.get("outputTokens") or 0, cached)


def _event_buffer() -> Any:
    try:
        from botocore.eventstream import EventStreamBuffer
    except ModuleNotFoundError:
        raise ConfigError("streams of kind `bedrock` need boto3", hint="pip install 'pxctl[aws]'") from None
    return EventStreamBuffer()


def _events(buffer: Any, chunk: bytes) -> list[tuple[str, dict[str, Any]]]:
    """The whole messages in the buffer. Raises for an exception message, and `bad_response` for broken frames."""
    from botocore.eventstream import ParserError

    found = []
    try:
        buffer.add_data(chunk)
        for message in buffer:
            kind = message.headers.get(":message-type")
            name = str(message.headers.get(":event-type") or message.headers.get(":exception-type") or "")
            body = parse_json(message.payload)
            if kind in ("exception", "error"):
                text = str(body.get("message", "")) if isinstance(body, dict) else ""
                raise ProviderError(classify(500, (name,), text), text or name)
            found.append((name, body if isinstance(body, dict) else {}))
    except ParserError:
        raise ProviderError("bad_response", "the event stream is broken") from None
    return found


def signed(credentials: Mapping[str, Secret], region: str) -> Authorise:
    """Signs a request that leaves, with Signature Version 4. Raises ConfigError without botocore."""
    try:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
    except ModuleNotFoundError:
        raise ConfigError("signing for kind `bedrock` needs boto3", hint="pip install 'pxctl[aws]'") from None

    def authorise(request: httpx.Request) -> None:
        token = credentials.get("aws_session_token")
        login = Credentials(
            credentials["aws_access_key_id"].reveal(),
            credentials["aws_secret_access_key"].reveal(),
            token.reveal() if token else None,
        )
        mine = AWSRequest("POST", str(request.url), data=request.content, headers={"content-type": "application/json"})
        SigV4Auth(login, "bedrock", region).add_auth(mine)
        request.headers.update(dict(mine.headers.items()))

    return authorise


def open_adapter(
    provider: Provider, endpoint: Endpoint, credentials: Mapping[str, Secret], timeout_s: float
) -> Bedrock:
    """An adapter for one endpoint."""
    authorise = bearer(credentials.get("api_key"))
    if {"aws_access_key_id", "aws_secret_access_key"} <= set(credentials):
        host = httpx.URL(endpoint.url).host.split(".")
        region = provider.options.get("aws_region") or (
            host[1] if host[0].startswith("bedrock-runtime") else "us-east-1"
        )
        authorise = signed(credentials, region)
    return Bedrock(Channel(endpoint.url, timeout_s=timeout_s, authorise=authorise))
