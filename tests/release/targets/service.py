"""A tenant-config service, small but real: HTTP on loopback, memory of idempotency keys, releases in order."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

PLACE = "/internal/config/tenants"


class Service:
    """What a service that follows docs/targets.md does, and the trouble that a test makes for it."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self.tenants: dict[str, dict[str, Any]] = {}
        self.seq = 0
        self.keys: set[str] = set()
        self.orders: list[tuple[str, str, int]] = []
        self.ignored = 0
        self.trouble: dict[str, list[int]] = {}
        self.cut_after: set[str] = set()
        self.forgets: set[str] = set()
        self.down = False
        self.adopts = True
        self.page = 1000
        self.at_once, self.most_at_once = 0, 0
        self.delay = 0.0
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"service": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, method: str, path: str, query: dict[str, str], key: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            names = [n for n in sorted(self.tenants) if n > query.get("after", "")]
            shown = [{"tenant": n, "digest": self.tenants[n]["digest"]} for n in names[: self.page]]
            more = {"next": names[self.page - 1]} if len(names) > self.page else {}
            return 200, {"seq": self.seq, "tenants": shown, **more}
        tenant = unquote(path.removeprefix(PLACE + "/"))
        seq = int(query.get("seq") or (body or {}).get("seq", 0))
        self.orders.append((method, tenant, seq))
        planned = self.trouble.get(tenant)
        if planned:
            return planned.pop(0), {"message": "no"}
        if key in self.keys:
            self.ignored += 1
            return 200, {}
        adopts = int(query.get("adopts") or (body or {}).get("adopts") or -1)
        if seq < self.seq and not (self.adopts and adopts >= self.seq):
            return 409, {"message": f"release {self.seq} is here"}
        self.keys.add(key)
        if tenant in self.forgets:
            return 200, {}
        self.seq = seq
        if method == "PUT":
            self.tenants[tenant] = body
            return 200, {}
        return (204, None) if self.tenants.pop(tenant, None) else (404, {"message": "unknown"})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: ClassVar[Service]

    def log_message(self, *_: Any) -> None:
        pass

    def _handle(self) -> None:
        service, url = self.service, urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        tenant = unquote(url.path.removeprefix(PLACE + "/"))
        with service.lock:
            service.at_once += 1
            service.most_at_once = max(service.most_at_once, service.at_once)
        time.sleep(service.delay)
        with service.lock:
            service.at_once -= 1
            if service.down:
                self.close_connection = True
                self.connection.shutdown(2)
                return
            if service.token and self.headers.get("authorization") != f"Bearer {service.token}":
                self._send(401, {"message": "who are you"})
                return
            key = self.headers.get("idempotency-key") or ""
            status, value = service.answer(
                self.command, url.path, dict(parse_qsl(url.query)), key, json.loads(raw) if raw else None
            )
            if self.command != "GET" and tenant in service.cut_after:
                service.cut_after.discard(tenant)
                self.close_connection = True
                self.connection.shutdown(2)
                return
            self._send(status, value)

    do_GET = do_PUT = do_DELETE = _handle

    def _send(self, status: int, value: Any) -> None:
        data = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
