"""One contract for every adapter, against aimock, which speaks all of their wire formats from one port."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.providers.conftest import KEY, ask, drained, using
from tests.servers import aimock

from pxctl.providers.base import ChatRequest, Image, Message, ToolSpec
from pxctl.providers.errors import ProviderError
from pxctl.providers.registry import BUILT_IN

TOOL = ToolSpec("get_weather", "The weather", {"type": "object", "properties": {"city": {"type": "string"}}})
CALL = {"toolCalls": [{"name": "get_weather", "arguments": '{"city": "Lisbon"}'}]}
ANSWER = {"city": "Lisbon", "n": 3}
USAGE = {
    "prompt_tokens": 11, "completion_tokens": 7, "input_tokens": 11, "output_tokens": 7, "promptTokenCount": 11,
    "candidatesTokenCount": 7,
}  # fmt: skip
ERRORS: dict[str, tuple[int, str, str]] = {
    "authentication": (401, "authentication_error", "bad key"),
    "permission": (403, "permission_error", "not for you"),
    "not_found": (404, "not_found_error", "no such model"),
    "invalid_request": (400, "invalid_request_error", "a field is wrong"),
    "context_too_long": (400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
    "quota_exhausted": (429, "insufficient_quota", "You exceeded your current quota"),
    "rate_limited": (429, "rate_limit_error", "slow down"),
    "server_error": (500, "api_error", "internal"),
    "overloaded": (529, "overloaded_error", "overloaded"),
}


def fixture(user: str, response: Any, **fields: Any) -> dict[str, Any]:
    match = {"userMessage": user, **fields.pop("match", {})}
    return {"match": match, "response": response, **fields}


FIXTURES = [
    fixture("cut the stream", {"content": "one two three four five six"}, chunkSize=3, truncateAfterChunks=3),
    fixture("malformed", {"content": "x"}, chaos={"malformedRate": 1}),
    fixture("count", {"content": "one two three four five", "usage": USAGE}, chunkSize=4),
    fixture("use the tool", {"content": "21 degrees", "usage": USAGE}, match={"hasToolResult": True}),
    fixture("use the tool", CALL),
    fixture("as json", {"content": json.dumps(ANSWER)}),
    fixture("look", {"content": "a cat", "usage": USAGE}),
    fixture("ping", {"content": "pong", "usage": USAGE}),
    {"match": {"inputText": "embed me"}, "response": {"embedding": [0.25, -0.5, 1.0]}},
    *(
        fixture(f"fail with {code}", {"error": {"type": kind, "message": text}, "status": status, "retryAfter": 9})
        for code, (status, kind, text) in ERRORS.items()
    ),
]
BASES = {
    "openai_compatible": "/v1", "anthropic": "", "gemini": "/v1beta", "azure_openai": "", "bedrock": "", "ollama": "",
    "llama_cpp": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with aimock(FIXTURES) as url:
        yield url


@pytest.fixture(params=BUILT_IN)
def vendor(request: pytest.FixtureRequest, mock: str) -> tuple[str, str]:
    return request.param, mock + BASES[request.param]


def fails(kind: str, url: str, use: Any, timeout_s: float = 20.0) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        using(kind, url, use, timeout_s)
    assert KEY not in str(caught.value) and caught.value.hint
    return caught.value


class TestContract:
    """What `providers/base.py` promises."""

    def test_chat(self, vendor: tuple[str, str]) -> None:
        reply = using(*vendor, lambda a: a.chat(ask("ping")))
        assert (reply.text, reply.finish, reply.tool_calls) == ("pong", "stop", ())
        assert reply.usage.estimated or (reply.usage.input_tokens, reply.usage.output_tokens) in ((11, 7), (0, 0))

    def test_streaming_from_start_to_end(self, vendor: tuple[str, str]) -> None:
        events = using(*vendor, lambda a: drained(a, ask("count")))
        assert "".join(event.text for event in events) == "one two three four five"
        assert len([event for event in events if event.text]) > 1
        assert [event.finish for event in events if event.finish] == ["stop"] and events[-1].finish and events[-1].usage

    def test_a_stream_cut_in_the_middle(self, vendor: tuple[str, str]) -> None:
        error = fails(*vendor, lambda a: drained(a, ask("cut the stream")))
        assert error.code == "stream_interrupted" and error.retryable

    def test_malformed_json(self, vendor: tuple[str, str]) -> None:
        assert fails(*vendor, lambda a: a.chat(ask("malformed"))).code == "bad_response"

    def test_tools_there_and_back(self, vendor: tuple[str, str]) -> None:
        first = using(*vendor, lambda a: a.chat(ask("use the tool", tools=(TOOL,))))
        (call,) = first.tool_calls
        assert (call.name, dict(call.arguments), first.finish) == ("get_weather", {"city": "Lisbon"}, "tool_calls")
        turns = (
            Message("user", "use the tool"),
            Message("assistant", "", tool_calls=(call,)),
            Message("tool", '{"celsius": 21}', tool_call_id=call.id, tool_name=call.name),
        )
        second = using(*vendor, lambda a: a.chat(ChatRequest("m", turns, tools=(TOOL,))))
        assert second.text == "21 degrees" and second.finish == "stop"

    def test_tools_in_a_stream(self, vendor: tuple[str, str]) -> None:
        events = using(*vendor, lambda a: drained(a, ask("use the tool", tools=(TOOL,))))
        (call,) = events[-1].tool_calls
        assert (call.name, dict(call.arguments)) == ("get_weather", {"city": "Lisbon"})

    @pytest.mark.parametrize("code", ERRORS)
    def test_every_error_class(self, vendor: tuple[str, str], code: str) -> None:
        for use in (lambda a: a.chat(ask(f"fail with {code}")), lambda a: drained(a, ask(f"fail with {code}"))):
            error = fails(*vendor, use)
            assert error.code == code, (error.status, error.message)
            if ERRORS[code][0] == 429:
                assert error.retry_after is not None and error.retry_after >= 1

    def test_what_it_cannot_do_is_refused_before_anything_is_sent(self, vendor: tuple[str, str]) -> None:
        async def all_features(adapter: Any) -> frozenset[str]:
            return adapter.features

        features = using(vendor[0], vendor[1], all_features)
        asks = {
            "embeddings": lambda a: a.embed("m", ("x",)),
            "speech": lambda a: a.speak("m", "x"),
            "json_schema": lambda a: a.chat(ask("x", json_schema={})),
            "vision": lambda a: a.chat(ChatRequest("m", (Message("user", "x", (Image(b""),)),))),
        }
        for feature, use in asks.items():
            if feature not in features:
                error = fails(vendor[0], "http://127.0.0.1:9", use)
                assert error.code == "invalid_request" and feature.split("_")[0] in error.message

    def test_json_schema(self, vendor: tuple[str, str]) -> None:
        if vendor[0] in ("bedrock", "anthropic"):
            pytest.skip("Anthropic asks by a tool, see test_wire; Bedrock has none")
        reply = using(*vendor, lambda a: a.chat(ask("as json", json_schema={"type": "object", "properties": {}})))
        assert json.loads(reply.text) == ANSWER

    def test_vision(self, vendor: tuple[str, str]) -> None:
        picture = ChatRequest("m", (Message("user", "look", (Image(b"\x89PNG"),)),))
        assert using(*vendor, lambda a: a.chat(picture)).text == "a cat"

    def test_embeddings(self, vendor: tuple[str, str]) -> None:
        if vendor[0] not in ("openai_compatible", "azure_openai", "llama_cpp"):
            pytest.skip("no embeddings here, or aimock has not their wire: see test_wire")
        reply = using(*vendor, lambda a: a.embed("m", ("embed me",)))
        assert reply.vectors == ((0.25, -0.5, 1.0),)
