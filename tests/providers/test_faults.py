"""What endpoints do that they should not: each ends in time, in our words, and without the credential elsewhere."""

from __future__ import annotations

import json
import socket
import ssl
import time

import pytest
from tests.providers.conftest import KEY, ask, drained, using
from tests.servers import RawServer, answering, free_port, http, raw_server

from pxctl.providers import answer as answer_module
from pxctl.providers.errors import ProviderError

GOOD = {
    "id": "x", "object": "chat.completion", "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}  # fmt: skip
SSE = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def chat(server: RawServer, timeout_s: float = 20.0) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        using("openai_compatible", server.url, lambda a: a.chat(ask()), timeout_s)
    assert KEY not in str(caught.value) + repr(caught.value) + (caught.value.hint or "")
    return caught.value


def stream(server: RawServer, timeout_s: float = 20.0) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        using("openai_compatible", server.url, lambda a: drained(a, ask()), timeout_s)
    return caught.value


def piece(text: str, finish: str | None = None) -> bytes:
    chunk = {"model": "m", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def test_a_good_answer_and_where_the_key_stood() -> None:
    with raw_server(answering(http("200 OK", json.dumps(GOOD), x_request_id="req-1"))) as server:
        reply = using("openai_compatible", server.url, lambda a: a.chat(ask()))
    assert (reply.text, reply.usage.input_tokens, reply.request_id) == ("pong", 3, "req-1")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert (
        f"authorization: Bearer {KEY}".encode() in head.lower().replace(b"bearer", b"Bearer")
        and KEY.encode() not in body
    )
    assert KEY.encode() not in head.split(b"\r\n")[0]


def test_hang() -> None:
    def hang(connection: socket.socket, _: bytes) -> None:
        connection.recv(1)  # until the client gives up

    with raw_server(hang) as server:
        assert chat(server, 0.3).code == "timeout"


@pytest.mark.parametrize("part", ["head", "body", "stream"])
def test_drip(part: str) -> None:
    def drip(connection: socket.socket, _: bytes) -> None:
        text = {"head": b"", "body": b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n", "stream": SSE}[part]
        connection.sendall(text)
        for byte in (b"HTTP/1.1 200 OK\r\n" if part == "head" else b"data: x") * 20:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with raw_server(drip) as server:
        assert (stream if part == "stream" else chat)(server, 0.4).code == "timeout"


def test_html() -> None:
    with raw_server(answering(http("200 OK", "<html>Log in</html>", "text/html"))) as server:
        error = chat(server)
        assert error.code == "bad_response" and "text/html" in error.message
        assert stream(server).code == "bad_response"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}},
        {"type": "error", "error": {"type": "rate_limit_error"}},
    ],
)
def test_200_with_an_error_body(body: dict) -> None:
    with raw_server(answering(http("200 OK", json.dumps(body)))) as server:
        assert chat(server).code == "rate_limited"


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", "null", '{"choices": []}', '{"choices": [{}]}', "{" * 100_000, '{"choices": "x"}', '"text"'],
)
def test_answers_of_another_shape(body: str) -> None:
    with raw_server(answering(http("200 OK", body))) as server:
        assert chat(server).code == "bad_response"


def test_a_body_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_module, "MAX_BODY", 1 << 20)
    sent = [0]

    def flood(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n")
        for _ in range(1024):
            connection.sendall(b" " * (1 << 20))
            sent[0] += 1

    with raw_server(flood) as server:
        error = chat(server)
    assert error.code == "bad_response" and "larger than" in error.message and sent[0] < 64


def test_a_line_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_module, "MAX_LINE", 1 << 16)

    def flood(connection: socket.socket, _: bytes) -> None:
        connection.sendall(SSE + b"data: ")
        for _ in range(64):
            connection.sendall(b"x" * (1 << 16))

    with raw_server(flood) as server:
        assert stream(server).code == "bad_response"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_credentials_do_not_follow_a_redirect_to_another_host(status: str) -> None:
    with raw_server(answering(http("200 OK", json.dumps(GOOD)))) as thief:
        with raw_server(answering(http(status, "", location=f"{thief.url}/v1/chat/completions"))) as server:
            error = chat(server)
            assert error.code == "bad_response" and "another host" in error.message
        assert thief.requests == []


def test_a_redirect_within_the_host_is_followed() -> None:
    answers = (http("308 Permanent Redirect", "", location="/v2/chat/completions"), http("200 OK", json.dumps(GOOD)))
    with raw_server(answering(*answers)) as server:
        assert using("openai_compatible", server.url, lambda a: a.chat(ask())).text == "pong"
        assert b"POST /v2/chat/completions" in server.requests[1] and KEY.encode() in server.requests[1]
    with raw_server(answering(http("307 Temporary Redirect", "", location="/again"))) as server:
        assert "circles" in chat(server).message


def test_a_wrong_certificate(tls_context: ssl.SSLContext) -> None:
    with raw_server(answering(http("200 OK", json.dumps(GOOD))), tls_context) as server:
        error = chat(server)
    assert error.code == "connection" and "certificate" in error.message and server.requests == []


def test_nobody_there_and_no_such_name() -> None:
    for url in (f"http://127.0.0.1:{free_port()}", "http://no-such-host.invalid"):
        with pytest.raises(ProviderError) as caught:
            using("openai_compatible", url, lambda a: a.chat(ask()))
        assert caught.value.code == "connection"


def test_a_connection_that_breaks() -> None:
    def cut(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{")

    with raw_server(cut) as server:
        assert chat(server).code == "connection"
    with raw_server(lambda connection, _: None) as server:
        assert chat(server).code == "connection"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (piece("po"), "stream_interrupted"),
        (piece("po") + piece("ng", "stop"), "stream_interrupted"),
        (piece("po") + b"data: [DONE]\n\n", "stream_interrupted"),
        (piece("po") + b"data: {\n\n", "bad_response"),
        (piece("po") + b"data: 3\n\n", "bad_response"),
        (piece("po") + b'data: {"error": {"message": "x", "type": "server_error"}}\n\n', "server_error"),
        (b"", "stream_interrupted"),
    ],
)
def test_streams_that_do_not_end_well(sent: bytes, code: str) -> None:
    with raw_server(lambda connection, _: connection.sendall(SSE + sent)) as server:
        assert stream(server).code == code


def test_a_stream_in_odd_pieces() -> None:
    whole = SSE + b": comment\r\n\r\n" + piece("po").replace(b"\n", b"\r\n") + piece("ng", "stop") + b"data: [DONE]\n\n"

    def dribble(connection: socket.socket, _: bytes) -> None:
        for i in range(0, len(whole), 7):
            connection.sendall(whole[i : i + 7])

    with raw_server(dribble) as server:
        events = using("openai_compatible", server.url, lambda a: drained(a, ask()))
    assert "".join(event.text for event in events) == "pong"
    assert [event.finish for event in events] == [None, None, "stop"] and events[-1].usage.estimated


def test_a_credential_that_no_header_can_hold() -> None:
    with raw_server(answering(http("200 OK", json.dumps(GOOD)))) as server:
        for key in ("schlüssel-0123456789", "two\nlines-0123456789"):
            with pytest.raises(ProviderError) as caught:
                using("openai_compatible", server.url, lambda a: a.chat(ask()), key=key)
            assert caught.value.code in ("authentication", "connection")
            assert key not in str(caught.value) and "0123456789" not in str(caught.value)
        assert server.requests == []
