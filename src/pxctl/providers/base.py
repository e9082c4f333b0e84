"""What an adapter is: a request in our words -> the vendor's wire -> our words.

The contract, which one test class holds every adapter to:

- An adapter is thin: no routing, no budget, no retry. It sends exactly one HTTP request a call.
- Every failure is a `ProviderError` of the one taxonomy. Nothing of the vendor's wire, and no exception of the HTTP
  library, leaves the adapter.
- `features` says what it can do; asking for more raises `invalid_request` before anything is sent.
- The credential is revealed while the request is sent, kept in no attribute, and goes to the endpoint's origin alone.
- Request ids are kept. Usage is the vendor's; where the vendor gives none, it is an estimate and says so.
- A stream ends with exactly one event that has `finish`; a stream without its end mark raises `stream_interrupted`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pxctl.providers.errors import ProviderError

Feature = Literal["chat", "streaming", "tools", "json_schema", "vision", "embeddings", "speech"]
Finish = Literal["stop", "length", "tool_calls", "content_filter", "other"]


@dataclass(frozen=True)
class Image:
    """A picture in a message."""

    data: bytes = field(repr=False)
    media_type: str = "image/png"


@dataclass(frozen=True)
class ToolSpec:
    """A tool that the model may call; `parameters` is a JSON Schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class ToolCall:
    """The model's wish to call a tool; `arguments` is the JSON object that it gave."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """One turn. A `tool` turn answers `tool_call_id`; an `assistant` turn may carry its tool calls."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    images: tuple[Image, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    tool_name: str = ""


@dataclass(frozen=True)
class ChatRequest:
    """A request for text. `model` is the vendor's name; `json_schema` asks for an answer of that form."""

    model: str
    messages: tuple[Message, ...]
    max_output_tokens: int = 64
    temperature: float | None = None
    tools: tuple[ToolSpec, ...] = ()
    json_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Usage:
    """Tokens: input (cached ones included), output; `estimated` where the vendor did not say."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True)
class ChatReply:
    """A whole answer."""

    text: str
    finish: Finish
    usage: Usage
    model: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    request_id: str | None = None


@dataclass(frozen=True)
class StreamEvent:
    """A piece of an answer. The last one has `finish`, `usage` and the model that answered."""

    text: str = ""
    finish: Finish | None = None
    usage: Usage | None = None
    model: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    request_id: str | None = None


@dataclass(frozen=True)
class EmbedReply:
    """One vector a text, in the order of the texts."""

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage
    model: str = ""
    request_id: str | None = None


@dataclass(frozen=True)
class SpeechReply:
    """Spoken text as a file."""

    audio: bytes = field(repr=False)
    media_type: str = "audio/wav"
    request_id: str | None = None


class Adapter(Protocol):
    """One kind of vendor; see the module's text for the contract."""

    kind: str
    features: frozenset[Feature]

    async def chat(self, request: ChatRequest) -> ChatReply:
        """The whole answer to a request."""
        ...

    def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        """The answer as it is made."""
        ...

    async def embed(self, model: str, texts: tuple[str, ...]) -> EmbedReply:
        """A vector for each text."""
        ...

    async def speak(self, model: str, text: str) -> SpeechReply:
        """The text, spoken, as WAV."""
        ...

    async def aclose(self) -> None:
        """Give the connections back."""
        ...


class Unable:
    """Default answers of an adapter for what its vendor does not have."""

    kind = ""

    async def embed(self, model: str, texts: tuple[str, ...]) -> EmbedReply:  # noqa: ARG002 - the contract's words
        """Refused."""
        raise unable(self.kind, "embeddings")

    async def speak(self, model: str, text: str) -> SpeechReply:  # noqa: ARG002
        """Refused."""
        raise unable(self.kind, "speech")


def unable(kind: str, feature: str) -> ProviderError:
    """The error for a feature that an adapter does not have."""
    return ProviderError(
        "invalid_request", f"the `{kind}` adapter has no {feature}", hint="remove that suite or change the kind"
    )


def refuse_beyond(adapter: Adapter, request: ChatRequest) -> None:
    """Raise `invalid_request` where a request needs a feature that the adapter does not have."""
    needs: dict[Feature, bool] = {
        "tools": bool(request.tools),
        "json_schema": request.json_schema is not None,
        "vision": any(message.images for message in request.messages),
    }
    for feature, needed in needs.items():
        if needed and feature not in adapter.features:
            raise unable(adapter.kind, feature)


def arguments_of(raw: Any) -> Mapping[str, Any]:
    """A tool call's arguments as an object; vendors send text or an object. Raises `bad_response`."""
    try:
        value = json.loads(raw or "{}") if isinstance(raw, str) else raw
    except (ValueError, RecursionError):
        raise ProviderError("bad_response", "the tool call's arguments are not JSON") from None
    if not isinstance(value, dict):
        raise ProviderError("bad_response", "the tool call's arguments are not a JSON object")
    return value


def estimate(request: ChatRequest, text: str) -> Usage:
    """Tokens where the vendor gives none: four characters a token, rounded up, 85 tokens a picture."""
    chars = sum(len(message.text) for message in request.messages)
    pictures = sum(len(message.images) for message in request.messages)
    return Usage(-(-chars // 4) + 85 * pictures, -(-len(text) // 4), 0, estimated=True)
