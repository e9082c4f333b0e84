"""The HTTP side of the stand-in for GitHub: places, pages, faults, and the check of both directions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from tests.release.forge import openapi

ROOT = "/repos/{owner}/{repo}"
UNDESCRIBED = {("/commits/{commit_sha}/pulls", 422)}
"""Answers that GitHub gives (to an unknown commit) and its description leaves out."""
Answer = Callable[..., tuple[int, Any]]
PLACES: list[tuple[str, str, str, Answer]] = [
    ("GET", "/pulls", "", lambda f, q, b: f.list_pulls(q)),
    ("POST", "/pulls", "", lambda f, q, b: f.create_pull(b)),
    ("GET", "/pulls/{pull_number}", r"(\d+)", lambda f, q, b, n: f.maybe(n)),
    ("PATCH", "/pulls/{pull_number}", r"(\d+)", lambda f, q, b, n: f.change_pull(n, b)),
    ("GET", "/pulls/{pull_number}/reviews", r"(\d+)", lambda f, q, b, n: (200, f.reviews.get(int(n), []))),
    ("GET", "/pulls/{pull_number}/commits", r"(\d+)", lambda f, q, b, n: f.commits_of_pull(n)),
    ("POST", "/issues/{issue_number}/labels", r"(\d+)", lambda f, q, b, n: f.add_labels(n, b)),
    ("GET", "/commits/{commit_sha}/pulls", r"([^/]+)", lambda f, q, b, c: f.pulls_of_commit(c)),
    ("GET", "/contents/{path}", r"(.+)", lambda f, q, b, p: f.contents(p, q)),
    ("GET", "/commits/{ref}/statuses", r"([^/]+)", lambda f, q, b, c: (200, f.statuses.get(c, []))),
    ("POST", "/statuses/{sha}", r"([^/]+)", lambda f, q, b, c: f.add_status(c, b)),
    ("GET", "/rules/branches/{branch}", r"([^/]+)", lambda f, q, b, _: (200, f.rules)),
    ("GET", "/branches/{branch}/protection", r"([^/]+)", lambda f, q, b, _: f.show_protection()),
]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: ClassVar[Any]

    def log_message(self, *_: Any) -> None:
        pass

    def _handle(self) -> None:
        fake, url = self.fake, urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(length) if length else None
        with fake.lock:
            fake.asked.append((self.command, self.path))
            fake.tokens_seen.append(self.headers.get("authorization"))
            fault = next((f for f in fake.faults if f.method in (None, self.command)), None)
            if fault is not None:
                fake.faults.remove(fault)
                if not fault.cut:
                    return self._send(fault.status, fault.body or {"message": "trouble"}, fault.headers)
                if fault.cut == "before":
                    return self._cut()
            if self.headers.get("authorization") != f"Bearer {fake.token}":
                return self._send(401, {"message": "Bad credentials"})
            status, value, headers = self._answer(url.path, parse_qsl(url.query), raw)
            if fault is not None:
                return self._cut()
            return self._send(status, value, headers)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle

    def _answer(self, path: str, query: list[tuple[str, str]], raw: bytes | None) -> tuple[int, Any, dict[str, str]]:
        fake, own = self.fake, f"/repos/{self.fake.repository}"
        asked = openapi.asked(self.command, path, query, {k.lower(): v for k, v in self.headers.items()}, raw)
        if not path.startswith(own + "/"):
            return 404, {"message": "Not Found"}, {}
        try:
            openapi.checker().validate_request(asked)
        except Exception as error:
            fake.violations.append(f"{self.command} {self.path}: {error!r} {error.__cause__!r}")
        for method, template, pattern, answer in PLACES:
            fits = re.fullmatch(re.sub(r"\{\w+\}", lambda _, p=pattern: p, template), path.removeprefix(own))
            if method == self.command and fits:
                status, value = answer(fake, dict(query), json.loads(raw) if raw else None, *fits.groups())
                headers: dict[str, str] = {}
                if isinstance(value, list) and method == "GET":
                    value, headers = self._page(value, path, dict(query))
                if (template, status) in UNDESCRIBED:
                    return status, value, headers
                value = openapi.answer_of(ROOT + template, method, status, value)
                if template == "/contents/{path}" and isinstance(value, list):
                    return status, value, headers  # the description tells the kinds apart by a field that a list lacks
                try:
                    openapi.checker().validate_response(asked, openapi.Answered(status, json.dumps(value).encode()))
                except Exception as error:
                    fake.violations.append(f"answer to {method} {self.path}: {error!r} {error.__cause__!r}")
                return status, value, headers
        fake.violations.append(f"{self.command} {self.path}: the fake has no such place")
        return 404, {"message": "Not Found"}, {}

    def _page(self, items: list[Any], path: str, query: dict[str, str]) -> tuple[list[Any], dict[str, str]]:
        size, page = min(int(query.get("per_page", 30)), self.fake.page_cap), int(query.get("page", 1))
        rest = "&".join(f"{k}={v}" for k, v in query.items() if k != "page")
        more = page * size < len(items)
        host = self.fake.next_host or self.fake.url
        link = {"link": f'<{host}{path}?{rest}&page={page + 1}>; rel="next"'} if more else {}
        return items[(page - 1) * size : page * size], link

    def _send(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"content-type": "application/json; charset=utf-8", **(headers or {})}.items():
            self.send_header(name, text)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)


def handler_for(fake: Any) -> type[BaseHTTPRequestHandler]:
    """The handler class of one stand-in."""
    return type("Handler", (_Handler,), {"fake": fake})
