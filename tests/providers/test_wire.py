"""Golden requests and answers: what leaves for each vendor, byte for byte of its JSON, and what an answer becomes."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.providers.conftest import KEY, adapter_for, ask, using
from tests.servers import answering, http, raw_server

from pxctl.core.errors import ConfigError
from pxctl.core.secret import Secret
from pxctl.model.provider import Endpoint, ModelSpec, Provider
from pxctl.providers.base import ChatRequest, Image, Message, ToolCall, ToolSpec
from pxctl.providers.errors import ProviderError
from pxctl.providers.registry import BUILT_IN, kinds, open_adapter

GOLDEN = Path(__file__).parents[1] / "data" / "providers" / "golden"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
CALL = ToolCall("call-1", "get_weather", {"city": "Lisbon"})
REQUEST = ChatRequest(
    "the-model",
    (
        Message("system", "Be brief."),
        Message("user", "What is this?", (Image(b"\x89PNG"),)),
        Message("assistant", "Let me look.", tool_calls=(CALL,)),
        Message("tool", '{"celsius": 21}', tool_call_id="call-1", tool_name="get_weather"),
    ),
    max_output_tokens=99,
    temperature=0.5,
    tools=(ToolSpec("get_weather", "The weather", SCHEMA),),
)


def sent(kind: str, use: Any, **options: str) -> dict[str, Any]:
    """What left for the vendor: first line, headers of ours, body."""
    with raw_server(answering(http("500 No", "{}"))) as server, pytest.raises(ProviderError):
        using(kind, server.url, use, **options)
    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    ours = ("authorization", "api-key", "x-api-key", "x-goog-api-key", "anthropic-version", "openai-organization")
    headers = {
        name.lower(): value.strip().replace(KEY, "<key>")
        for name, _, value in (line.partition(":") for line in lines[1:])
        if name.lower() in ours
    }
    assert KEY not in lines[0] and KEY not in body
    return {"request": lines[0].removesuffix(" HTTP/1.1"), "headers": headers, "body": json.loads(body)}


@pytest.mark.parametrize("kind", BUILT_IN)
def test_golden_request(kind: str) -> None:
    found = sent(kind, lambda a: a.chat(REQUEST))
    assert found == json.loads((GOLDEN / f"{kind}.json").read_text())


def test_json_schema_on_the_wire() -> None:
    asks = ask("x", json_schema=SCHEMA)
    assert (
        sent("openai_compatible", lambda a: a.chat(asks))["body"]["response_format"]["json_schema"]["schema"] == SCHEMA
    )
    claude = sent("anthropic", lambda a: a.chat(asks))["body"]
    assert claude["tool_choice"] == {"type": "tool", "name": "answer"} and claude["tools"][0]["input_schema"] == SCHEMA
    gemini = sent("gemini", lambda a: a.chat(asks))["body"]["generationConfig"]
    assert gemini["responseMimeType"] == "application/json" and "additionalProperties" not in gemini["responseSchema"]
    assert sent("ollama", lambda a: a.chat(asks))["body"]["format"] == SCHEMA


def answered(kind: str, body: Any, use: Any = lambda a: a.chat(ask("x"))) -> Any:
    with raw_server(answering(http("200 OK", json.dumps(body)))) as server:
        return using(kind, server.url, use)


def test_anthropic_s_answers() -> None:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 2, "output_tokens": 3}
    body = {"model": "claude", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "hi"}],
            "stop_reason": "max_tokens", "usage": usage}  # fmt: skip
    reply = answered("anthropic", body)
    assert (reply.text, reply.finish) == ("hi", "length")
    assert (reply.usage.input_tokens, reply.usage.cached_tokens, reply.usage.output_tokens) == (17, 5, 3)
    made = {
        "content": [{"type": "tool_use", "id": "1", "name": "answer", "input": {"city": "X"}}],
        "stop_reason": "tool_use",
    }
    reply = answered("anthropic", made, lambda a: a.chat(ask("x", json_schema=SCHEMA)))
    assert (json.loads(reply.text), reply.finish, reply.tool_calls) == ({"city": "X"}, "stop", ())


def test_gemini_s_answers() -> None:
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 3, "thoughtsTokenCount": 4, "cachedContentTokenCount": 2}
    parts = [{"text": "hm", "thought": True}, {"text": "hi"}]
    body = {
        "candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": usage,
        "modelVersion": "g",
    }
    reply = answered("gemini", body)
    assert (reply.text, reply.finish, reply.model) == ("hi", "stop", "g")
    assert (reply.usage.input_tokens, reply.usage.cached_tokens, reply.usage.output_tokens) == (10, 2, 7)
    for bad, code in (
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "content_policy"),
        ({"candidates": []}, "bad_response"),
    ):
        with pytest.raises(ProviderError) as caught:
            answered("gemini", bad)
        assert caught.value.code == code
    vectors = answered("gemini", {"embeddings": [{"values": [1, 2]}]}, lambda a: a.embed("m", ("x",))).vectors
    assert vectors == ((1.0, 2.0),)


def test_ollama_s_answers() -> None:
    body = {"model": "llama3.2", "message": {"role": "assistant", "content": "hi"}, "done": True,
            "done_reason": "length", "prompt_eval_count": 4, "eval_count": 2}  # fmt: skip
    reply = answered("ollama", body)
    assert (reply.text, reply.finish, reply.usage.input_tokens, reply.model) == ("hi", "length", 4, "llama3.2")
    made = answered(
        "ollama", {"embeddings": [[1, 2], [3, 4]], "prompt_eval_count": 9}, lambda a: a.embed("m", ("x", "y"))
    )
    assert made.vectors == ((1.0, 2.0), (3.0, 4.0)) and made.usage.input_tokens == 9


def test_content_filters() -> None:
    filtered = {"choices": [{"message": {"content": None}, "finish_reason": "content_filter"}]}
    with pytest.raises(ProviderError) as caught:
        answered("openai_compatible", filtered)
    assert caught.value.code == "content_policy"


@pytest.mark.parametrize("kind", BUILT_IN)
@pytest.mark.parametrize(
    "body", [{}, {"content": "x"}, {"message": 3}, {"output": {}}, {"choices": [3]}, {"candidates": {}}]
)
def test_answers_of_another_shape(kind: str, body: Any) -> None:
    with pytest.raises(ProviderError) as caught:
        answered(kind, body)
    assert caught.value.code == "bad_response"


LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=3), st.just([]), st.just({}))


def mutated(value: Any, draw: Any) -> Any:
    """A good answer with one or more parts replaced by something of another type."""
    if draw(st.integers(0, 5)) == 0:
        return draw(LEAVES)
    if isinstance(value, dict):
        return {key: mutated(item, draw) for key, item in value.items()}
    return [mutated(item, draw) for item in value] if isinstance(value, list) else value


GOOD: dict[str, Any] = {
    "openai_compatible": {
        "model": "m",
        "usage": {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 1}, "completion_tokens": 2},
        "choices": [
            {
                "finish_reason": "stop",
                "message": {
                    "content": [{"text": "x"}],
                    "tool_calls": [{"id": "1", "function": {"name": "n", "arguments": "{}"}}],
                },
            }
        ],
    },
    "anthropic": {
        "model": "m",
        "usage": {"input_tokens": 1, "output_tokens": 1, "cache_read_input_tokens": 1},
        "stop_reason": "x",
        "content": [{"type": "text", "text": "x"}, {"type": "tool_use", "id": "1", "name": "n", "input": {}}],
    },
    "gemini": {
        "candidates": [
            {"finishReason": "STOP", "content": {"parts": [{"text": "x"}, {"functionCall": {"name": "n"}}]}}
        ],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1},
        "promptFeedback": {"blockReason": None},
    },
    "bedrock": {
        "output": {"message": {"content": [{"text": "x"}, {"toolUse": {"toolUseId": "1", "name": "n", "input": {}}}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1},
    },
    "ollama": {
        "model": "m",
        "message": {"content": "x", "tool_calls": [{"function": {"name": "n", "arguments": {}}}]},
        "done_reason": "stop",
        "eval_count": 1,
        "prompt_eval_count": 1,
    },
}


@pytest.mark.parametrize("kind", GOOD)
def test_only_our_errors_leave_whatever_shape_an_answer_has(kind: str) -> None:
    import asyncio

    answer: list[Any] = [None]

    def serve(connection: Any, _: bytes) -> None:
        connection.sendall(http("200 OK", json.dumps(answer[0])))

    with raw_server(serve) as server, asyncio.Runner() as runner:
        adapter = adapter_for(kind, server.url)

        @settings(max_examples=60, deadline=None)
        @given(st.data())
        def fuzz(data: Any) -> None:
            answer[0] = mutated(GOOD[kind], data.draw)
            with suppress(ProviderError):
                reply = runner.run(adapter.chat(ask("x")))
                assert isinstance(reply.text, str)

        fuzz()
        runner.run(adapter.aclose())


def test_speech() -> None:
    with raw_server(answering(http("200 OK", b"RIFF....WAVE", "audio/wav"))) as server:
        reply = using("openai_compatible", server.url, lambda a: a.speak("tts-1", "hello"))
    assert reply.audio == b"RIFF....WAVE" and b'"response_format":"wav"' in server.requests[0]
    with pytest.raises(ProviderError) as caught:
        answered("openai_compatible", {"error": {"message": "no"}}, lambda a: a.speak("tts-1", "hello"))
    assert caught.value.code == "server_error"


def test_bedrock_signs_with_aws_keys() -> None:
    provider = Provider(
        id="b", display_name="B", kind="bedrock", models=(ModelSpec(id="m"),), endpoints=(Endpoint(region="eu", url="http://127.0.0.1:1"),),
        options={"aws_region": "eu-central-1"},
    )  # fmt: skip
    import asyncio

    secrets = {
        "aws_access_key_id": Secret("AKIAEXAMPLE123456789"),
        "aws_secret_access_key": Secret("canary-aws-secret-0123"),
    }
    with raw_server(answering(http("403 No", '{"__type": "InvalidSignatureException", "message": "no"}'))) as server:
        endpoint = Endpoint(region="eu", url=server.url)

        async def call() -> None:
            adapter = open_adapter(provider, endpoint, secrets)
            try:
                await adapter.chat(ask("x"))
            finally:
                await adapter.aclose()

        with pytest.raises(ProviderError) as caught:
            asyncio.run(call())
    assert caught.value.code == "authentication"
    head = server.requests[0].decode()
    assert "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE123456789/" in head and "/eu-central-1/bedrock/aws4_request" in head
    assert "canary-aws-secret" not in head


def test_unknown_kinds_and_options() -> None:
    assert set(BUILT_IN) <= set(kinds())
    base = {
        "id": "b",
        "display_name": "B",
        "models": (ModelSpec(id="m"),),
        "endpoints": (Endpoint(region="x", url="http://h"),),
    }
    for fields in ({"kind": "no_such"}, {"kind": "anthropic", "options": {"organization": "x"}}, {"kind": "other"}):
        provider = Provider(**{**base, **fields})
        with pytest.raises(ConfigError):
            open_adapter(provider, provider.endpoints[0], {})
