"""The REST client on its own: what must never happen to a token, and servers that misbehave."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pxctl.core.errors import ConfigError
from pxctl.core.secret import Secret
from pxctl.release.rest import Rest, RestError

Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                answer(self)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def send(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], data: bytes = b"") -> None:
    handler.send_response(status)
    for name, value in {"content-length": str(len(data)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(data)


@pytest.mark.parametrize("token", ["hunter2-hunter2\n", "pässword-0123456", "a b c d e f g h"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(token: str, serve: Any) -> None:
    rest = Rest(serve(lambda h: send(h, 200, {}, b"{}")), Secret(token))
    with pytest.raises(RestError, match="no header can carry") as caught:
        rest.call("GET", "/x")
    rest.close()
    seen: BaseException | None = caught.value
    while seen is not None:
        assert token.strip() not in f"{seen!r} {seen}"
        seen = seen.__cause__ or seen.__context__


@pytest.mark.parametrize(
    "url", ["http://example.test", "ftp://127.0.0.1", "example.test", "http://127.0.0.1.example.test"]
)
def test_places_that_get_no_token(url: str) -> None:
    with pytest.raises(ConfigError, match="https"):
        Rest(url, Secret("0123456789"))


def test_an_answer_that_drips_is_given_up(serve: Any) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        for _ in range(100):
            try:
                handler.wfile.write(b" ")
                handler.wfile.flush()
            except OSError:
                return
            time.sleep(0.02)

    rest = Rest(serve(drip), None, patience=0.2)
    with pytest.raises(RestError, match="took longer than"):
        rest.call("GET", "/x")
    rest.close()


@pytest.mark.parametrize("location", ["http://[", "//other.example.test/x", "https://127.0.0.1/x", ""])
def test_redirects_that_lead_nowhere_good(location: str, serve: Any) -> None:
    rest = Rest(serve(lambda h: send(h, 302, {"location": location})), Secret("0123456789"))
    with pytest.raises(RestError):
        rest.call("GET", "/x")
    rest.close()


def test_what_is_too_large_is_cut_off(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pxctl.release.rest.MAX_ANSWER", 1000)
    rest = Rest(serve(lambda h: send(h, 200, {}, b"[" + b" " * 5000 + b"]")), None)
    with pytest.raises(RestError, match="more than"):
        rest.call("GET", "/x")
    rest.close()


def test_nothing_listening_is_said_in_words() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rest = Rest(f"http://127.0.0.1:{port}", None, sleep=lambda _: None)
    with pytest.raises(RestError, match=r"^`127\.0\.0\.1` cannot be reached: connection refused$"):
        rest.call("GET", "/")
    rest.close()
