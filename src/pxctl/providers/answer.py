"""What came over the wire: whole answers and streams, read within bounds; vendors' errors become ours here."""

from __future__ import annotations

import email.utils
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from pxctl.core.secret import brief
from pxctl.providers.errors import ProviderError, classify, names_and_message

MAX_BODY = 32 * 1024 * 1024
MAX_LINE = 4 * 1024 * 1024
REQUEST_IDS = (
    "x-request-id",
    "request-id",
    "apim-request-id",
    "x-amzn-requestid",
    "x-goog-request-id",
    "x-ms-request-id",
)


class Answer:
    """A whole answer: status, body and headers."""

    def __init__(self, status: int, data: bytes, headers: httpx.Headers) -> None:
        self.status = status
        self.data = data
        self.headers = headers
        self.request_id = request_id(headers)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `bad_response`, also for an error that was sent with status 200."""
        body = parse_json(self.data, self.headers.get("content-type", ""))
        if not isinstance(body, dict):
            raise ProviderError("bad_response", "the answer is not a JSON object", request_id=self.request_id)
        raise_for_error_body(body, self.request_id)
        return body


class Stream:
    """An answer that is still coming."""

    def __init__(self, response: httpx.Response) -> None:
        self.headers = response.headers
        self.media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        self.request_id = request_id(response.headers)
        self._response = response

    async def chunks(self) -> AsyncIterator[bytes]:
        """Bytes as they come, at most `MAX_BODY` in all."""
        total = 0
        async for chunk in self._response.aiter_bytes(64 * 1024):
            total += len(chunk)
            if total > MAX_BODY:
                raise ProviderError("bad_response", f"the stream is larger than {MAX_BODY >> 20} MiB")
            yield chunk

    async def lines(self) -> AsyncIterator[str]:
        """Lines as they come. Raises `bad_response` for one without end."""
        rest = b""
        async for chunk in self._response.aiter_bytes():
            rest += chunk
            *whole, rest = rest.split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r").decode("utf-8", "replace")
            if len(rest) > MAX_LINE:
                raise ProviderError("bad_response", f"a line of the stream is longer than {MAX_LINE >> 20} MiB")
        if rest:
            yield rest.decode("utf-8", "replace")

    async def events(self) -> AsyncIterator[tuple[str, str]]:
        """Server-sent events as (event, data), by the WHATWG rules without ids and retry times."""
        if self.media_type != "text/event-stream":
            raise ProviderError("bad_response", f"asked for a stream, got `{brief(self.media_type, 60)}`")
        name = ""
        data: list[str] = []
        async for line in self.lines():
            if not line:
                if data:
                    yield name, "\n".join(data)
                name, data = "", []
                continue
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                name = value
        if data:
            yield name, "\n".join(data)


async def read(response: httpx.Response) -> bytes:
    """The whole body, at most `MAX_BODY`. Raises `bad_response`."""
    parts, total = [], 0
    async for chunk in response.aiter_bytes():
        total += len(chunk)
        if total > MAX_BODY:
            raise ProviderError("bad_response", f"the answer is larger than {MAX_BODY >> 20} MiB")
        parts.append(chunk)
    return b"".join(parts)


def parse_json(data: bytes | str, media_type: str = "application/json") -> Any:
    """JSON, or `bad_response` that says what came instead."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        kind = media_type.partition(";")[0].strip() or "an unknown type"
        raise ProviderError("bad_response", f"the answer is not JSON but {brief(kind, 60)}") from None


def raise_for_error_body(body: Any, request: str | None = None, status: int = 200) -> None:
    """Raise for a body that holds an error although its status says success."""
    if isinstance(body, dict) and (body.get("error") or body.get("type") == "error"):
        names, message = names_and_message(body)
        inner = body.get("error")
        stated = inner.get("code") if isinstance(inner, dict) else None
        known = stated if isinstance(stated, int) else 500 if status < 400 else status
        raise ProviderError(
            classify(known, names, message), message or "an error without a message", request_id=request
        )


def raise_for_status(answer: Answer) -> None:
    """Raise for an error status, in our words."""
    if answer.status < 400:
        return
    try:
        body: Any = json.loads(answer.data)
    except (ValueError, RecursionError):
        body = None
    names, message = names_and_message(body)
    amazon = answer.headers.get("x-amzn-errortype", "").partition(":")[0]
    code = classify(answer.status, (amazon, *names) if amazon else names, message)
    text = f"status {answer.status}" + (f": {message}" if message else "")
    raise ProviderError(
        code, text, status=answer.status, retry_after=retry_after(answer.headers), request_id=answer.request_id
    )


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `Retry-After` (seconds or an HTTP date); None where absent or odd."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if not text:
            continue
        try:
            wait = float(text) / unit
        except ValueError:
            try:
                moment = email.utils.parsedate_to_datetime(text)
            except ValueError:
                continue
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            wait = (moment - (now or datetime.now(UTC))).total_seconds()
        if 0 <= wait < 86_400:
            return wait
        return 0.0 if wait < 0 else None
    return None


def request_id(headers: Mapping[str, str]) -> str | None:
    """The vendor's id of a request, for its support."""
    return next((brief(headers[name], 100) for name in REQUEST_IDS if headers.get(name)), None)
