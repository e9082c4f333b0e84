"""REST over HTTP, for forges and targets: authentication, retries, rate limits, pages, and errors in our words.

The token goes to the configured origin alone. What failed is sent again with full jitter, unless the caller says `once`
and the failure may have come after the request took effect.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import httpx

from pxctl.core.errors import ConfigError, NetworkError
from pxctl.core.secret import Secret, brief

RETRIES = 4
BASE_S, CAP_S = 0.4, 8.0
MAX_ANSWER = 32 * 1024 * 1024
MAX_PAGES = 100
_AGAIN = frozenset({500, 502, 503, 504})
_PORTS = {"http": 80, "https": 443}


class RestError(NetworkError):
    """The other side refused or did not answer. `status` is HTTP's, or None where there was no answer."""

    def __init__(self, message: str, *, status: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class _TokenAuth(httpx.Auth):
    """Puts the token on a request that goes to the origin, and lets no other request leave."""

    def __init__(self, token: Secret, origin: httpx.URL, error: type[RestError]) -> None:
        self._token, self._origin, self._error = token, origin, error

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if not same_origin(request.url, self._origin):
            raise self._error(f"refused to send a token to `{request.url.host}`")
        if not all("!" <= c <= "~" for c in self._token.reveal()):  # an exception of the library would show it
            raise self._error("the token holds characters that no header can carry", hint="a line break at its end?")
        request.headers["authorization"] = f"Bearer {self._token.reveal()}"
        yield request


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether two URLs have the same scheme, host and port."""
    return (one.scheme, one.host, one.port or _PORTS.get(one.scheme)) == (
        other.scheme, other.host, other.port or _PORTS.get(other.scheme),
    )  # fmt: skip


class Rest:
    """Requests to one origin. `patience` is how long, in seconds, one call waits for rate limits and retries in all."""

    def __init__(
        self,
        url: str,
        token: Secret | None,
        *,
        headers: Mapping[str, str] | None = None,
        error: type[RestError] = RestError,
        hints: Mapping[int, str] | None = None,
        timeout: float = 20.0,
        patience: float = 90.0,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        rng: random.Random | None = None,
    ) -> None:
        """Raises ConfigError for a URL that a token must not be sent to."""
        self.base = httpx.URL(url.rstrip("/"))
        local = self.base.host in ("localhost", "127.0.0.1", "::1")
        if self.base.scheme != "https" and not (self.base.scheme == "http" and local):
            raise ConfigError(f"`{brief(url, 80)}` is not an https URL", hint="a token is not sent in clear")
        self._error, self._hints = error, hints or {}
        self.patience, self._sleep, self._now = patience, sleep, now
        self._rng = rng or random.SystemRandom()
        self._client = httpx.Client(
            auth=_TokenAuth(token, self.base, error) if token is not None else None,
            headers={"user-agent": "pxctl", **(headers or {})},
            timeout=httpx.Timeout(timeout), follow_redirects=False, trust_env=self.base.scheme == "https",
        )  # fmt: skip

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        once: bool = False,
    ) -> Any:
        """The JSON of the answer, or None where it is empty. `once`: not sent again after a failure that may have come
        after the request took effect. Raises RestError."""
        return self._json(self._send(method, self._url(path, params), body, headers, once=once))

    def pages(self, path: str, params: Mapping[str, str | int] | None = None, limit: int = MAX_PAGES) -> Iterator[Any]:
        """The items of a list, over all of its pages (at most `limit`)."""
        url: httpx.URL | None = self._url(path, {"per_page": 100, **(params or {})})
        for _ in range(limit):
            if url is None:
                return
            response = self._send("GET", url, None)
            items = self._json(response)
            if not isinstance(items, list):
                raise self._error(f"`{self.base.host}` answered {path} with something that is no list")
            yield from items
            following = response.links.get("next", {}).get("url")
            url = self._following(following) if following else None
        if url is not None and limit == MAX_PAGES:
            raise self._error(f"`{self.base.host}`: {path} has more than {limit} pages")

    def _following(self, url: str) -> httpx.URL:
        try:
            target = self.base.join(url)
        except httpx.InvalidURL:
            raise self._error(f"`{self.base.host}` points to something that is no URL") from None
        if not same_origin(target, self.base):
            raise self._error(f"`{self.base.host}` continues a list at another host, `{brief(target.host, 80)}`")
        return target

    def _url(self, path: str, params: Mapping[str, str | int] | None = None) -> httpx.URL:
        url = httpx.URL(f"{self.base}{path}")
        return url.copy_merge_params(dict(params)) if params else url

    def _send(
        self,
        method: str,
        url: httpx.URL,
        body: Any,
        headers: Mapping[str, str] | None = None,
        *,
        once: bool = False,
    ) -> httpx.Response:
        deadline = self._now() + self.patience
        for number in range(RETRIES + 1):
            last = number == RETRIES
            try:
                response = self._exchange(method, url, body, headers or {})
            except httpx.HTTPError as error:
                # a connection that was never made has done nothing, whatever was to be sent
                if last or (once and not isinstance(error, httpx.ConnectError)):
                    raise self._error(
                        _unreachable(self.base, error), hint="is it up, and reachable from here?"
                    ) from None
                self._wait(self._jitter(number), deadline, None)
                continue
            if response.status_code < 300:
                return response
            if response.status_code in (301, 302, 307, 308):
                url = self._following(response.headers.get("location", ""))
                continue
            wait = self._pause(response, number)
            if wait is None or last or (once and response.status_code in _AGAIN):
                raise self.error_of(response, method)
            self._wait(wait, deadline, response)
        raise self._error(f"`{self.base.host}` redirects in circles")

    def _exchange(self, method: str, url: httpx.URL, body: Any, more: Mapping[str, str]) -> httpx.Response:
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {**more, **({} if content is None else {"content-type": "application/json"})}
        request = self._client.build_request(method, url, content=content, headers=headers)
        response = self._client.send(request, stream=True)
        try:
            data, end = bytearray(), time.monotonic() + self.patience
            for chunk in response.iter_bytes():
                data += chunk
                if time.monotonic() > end:
                    raise self._error(f"`{self.base.host}` took longer than {self.patience:g} s over one answer")
                if len(data) > MAX_ANSWER:
                    raise self._error(f"`{self.base.host}` answers with more than {MAX_ANSWER >> 20} MiB")
        finally:
            response.close()
        kept = [(k, v) for k, v in response.headers.items() if k not in ("content-encoding", "transfer-encoding")]
        return httpx.Response(response.status_code, headers=kept, content=bytes(data), request=request)

    def _json(self, response: httpx.Response) -> Any:
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError:
            raise self._error(
                f"`{self.base.host}` answered with something that is no JSON", status=response.status_code
            ) from None

    def _jitter(self, number: int) -> float:
        return self._rng.uniform(0, min(CAP_S, BASE_S * 2.0**number))

    def _pause(self, response: httpx.Response, number: int) -> float | None:
        """Seconds until it makes sense to ask again, or None where it makes none."""
        code, headers = response.status_code, response.headers
        if code in (403, 429):
            if headers.get("retry-after", "").isdigit():
                return int(headers["retry-after"]) + self._rng.uniform(0, 0.5)
            if headers.get("x-ratelimit-remaining") == "0" and headers.get("x-ratelimit-reset", "").isdigit():
                return max(int(headers["x-ratelimit-reset"]) - self._now(), 0.0) + self._rng.uniform(0.5, 1.5)
            return 60.0 if code == 429 or "rate limit" in response.text.lower() else None
        return self._jitter(number) if code in _AGAIN else None

    def _wait(self, seconds: float, deadline: float, response: httpx.Response | None) -> None:
        if self._now() + seconds > deadline:
            if response is not None and response.status_code in (403, 429):
                raise self._error(
                    f"`{self.base.host}` has no requests left for this token for {seconds:.0f} s",
                    status=response.status_code, hint="run it again then; nothing was lost",
                )  # fmt: skip
            raise (
                self.error_of(response, "")
                if response is not None
                else self._error(f"`{self.base.host}` does not answer", hint="is it up, and reachable from here?")
            )
        self._sleep(seconds)

    def error_of(self, response: httpx.Response, method: str) -> RestError:
        """The failure that an answer stands for."""
        said, code = _said(response), response.status_code
        hint = self._hints.get(code)
        wanted = response.headers.get("x-accepted-github-permissions")
        if code == 403 and wanted:
            hint = f"the token lacks a permission: {brief(wanted, 80)}"
        if code in _AGAIN:
            hint = "it has trouble of its own; run this again later"
        what = f"{method} {response.url.path}".strip()
        text = f"{response.url.host}: {what}: {code}" + (f", {said}" if said else "")
        return self._error(text, status=code, hint=hint)


def _unreachable(base: httpx.URL, error: httpx.HTTPError) -> str:
    kind = "took too long" if isinstance(error, httpx.TimeoutException) else "cannot be reached"
    said = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
    return f"`{base.host}` {kind}: {brief(said[:1].lower() + said[1:], 120)}"


def _said(response: httpx.Response) -> str:
    try:
        value = response.json()
    except ValueError:
        return ""
    if not isinstance(value, dict):
        return ""
    error = value.get("error")
    parts = [str(value.get("message") or (error if isinstance(error, str) else ""))]
    errors = value.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            parts.append(str(error.get("message") or f"{error.get('field', '')} {error.get('code', '')}".strip()))
        else:
            parts.append(str(error))
    return brief("; ".join(part for part in parts if part).rstrip("."), 300)
