"""The HTTP seam: one request to one origin, bounded in time and size, with every failure in our words.

- A whole call has a deadline, so that an endpoint that drips one byte a second ends it all the same.
- An answer has a size limit; what is larger is cut off and is `bad_response`.
- The credential is put on a request as it leaves, and the request's origin must be the endpoint's. Redirects are
  followed within the origin only; one to another host is an error and nothing is sent there.
- Proxies come from the environment of the process and only for https, where they see no credential; never from a file.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import httpx

from pxctl.core.secret import brief
from pxctl.providers.answer import Answer, Stream, raise_for_status, read
from pxctl.providers.errors import Code, ProviderError

MAX_REDIRECTS = 3

Authorise = Callable[[httpx.Request], None]
"""Puts a credential on a request that is about to leave."""


class _LateAuth(httpx.Auth):
    """Calls `authorise` on the copy that leaves, after checking that it goes where it may."""

    requires_request_body = True

    def __init__(self, authorise: Authorise, origin: httpx.URL) -> None:
        self._authorise = authorise
        self._origin = origin

    def auth_flow(self, request: httpx.Request) -> Any:
        if not same_origin(request.url, self._origin):
            raise ProviderError("connection", f"refused to send a credential to `{request.url.host}`")
        self._authorise(request)
        yield request


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether two URLs have the same scheme, host and port."""
    ports = {"http": 80, "https": 443}
    return (one.scheme, one.host, one.port or ports.get(one.scheme)) == (
        other.scheme,
        other.host,
        other.port or ports.get(other.scheme),
    )


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class Channel:
    """Requests to one endpoint."""

    def __init__(self, url: str, *, timeout_s: float, authorise: Authorise | None = None) -> None:
        """`url` is the endpoint's base; `timeout_s` bounds a whole call."""
        self.base = httpx.URL(url.rstrip("/"))
        self.timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            verify=_tls(),  # made once: loading the certificates is what costs
            trust_env=self.base.scheme == "https",
            follow_redirects=False,
            timeout=httpx.Timeout(timeout_s),
            auth=_LateAuth(authorise, self.base) if authorise else None,
            headers={"accept-encoding": "identity", "user-agent": "pxctl"},
            limits=httpx.Limits(max_connections=64),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
        """POST JSON and read the whole answer."""
        async with self._guarded(), self._open(path, body, headers or {}) as response:
            data = await read(response)
            answer = Answer(response.status_code, data, response.headers)
            raise_for_status(answer)
            return answer

    @asynccontextmanager
    async def stream(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Stream, None]:
        """POST JSON and hand out the answer as it comes."""
        async with self._guarded(streaming=True), self._open(path, body, headers or {}) as response:
            if response.status_code >= 400:
                raise_for_status(Answer(response.status_code, await read(response), response.headers))
            yield Stream(response)

    @asynccontextmanager
    async def _open(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> AsyncGenerator[httpx.Response, None]:
        url = httpx.URL(f"{self.base}{path}")
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        for _ in range(MAX_REDIRECTS + 1):
            request = self._client.build_request(
                "POST", url, content=content, headers={"content-type": "application/json", **headers}
            )
            response = await self._client.send(request, stream=True)
            try:
                if not 300 <= response.status_code < 400:
                    yield response
                    return
                url = self._redirected(response)
            finally:
                await response.aclose()
        raise ProviderError("bad_response", "the endpoint redirects in circles")

    def _redirected(self, response: httpx.Response) -> httpx.URL:
        target = response.url.join(response.headers.get("location", ""))
        if not same_origin(target, self.base):
            raise ProviderError(
                "bad_response", f"the endpoint redirects to another host, `{brief(target.host, 80)}`",
                status=response.status_code,
                hint="credentials do not follow redirects; put the final URL in the provider file",
            )  # fmt: skip
        if response.status_code not in (307, 308):
            raise ProviderError("bad_response", f"status {response.status_code} would drop the request's body")
        return target

    @asynccontextmanager
    async def _guarded(self, *, streaming: bool = False) -> AsyncGenerator[None, None]:
        try:
            async with asyncio.timeout(self.timeout_s):
                yield
        except (TimeoutError, httpx.TimeoutException):
            raise ProviderError("timeout", f"no whole answer within {self.timeout_s:g} s") from None
        except httpx.ConnectError as error:
            raise ProviderError("connection", _unreachable(self.base.host, error)) from None
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError) as error:
            code: Code = "stream_interrupted" if streaming else "connection"
            raise ProviderError(code, f"`{self.base.host}` broke the connection: {brief(str(error), 80)}") from None
        except httpx.DecodingError:
            raise ProviderError("bad_response", "the answer's compression is broken") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise ProviderError("connection", f"`{self.base.host}`: {brief(str(error), 120)}") from None
        except (ssl.SSLError, OSError) as error:
            raise ProviderError("connection", f"`{self.base.host}`: {brief(str(error), 120)}") from None


def _unreachable(host: str, error: Exception) -> str:
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text or "certificate" in text.lower():
        return f"`{host}` has a certificate that cannot be verified"
    if "SSL" in text or "TLS" in text:
        return f"`{host}` does not speak TLS there"
    if "Name or service not known" in text or "getaddrinfo" in text or "name resolution" in text.lower():
        return f"`{host}` has no address: the name does not resolve"
    return f"`{host}` does not accept connections there"
