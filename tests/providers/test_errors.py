"""No vendor error stays unmapped."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pxctl.providers.answer import retry_after
from pxctl.providers.errors import ADVICE, BY_STATUS, CODES, RETRYABLE, ProviderError, classify, names_and_message

DATA = Path(__file__).parents[1] / "data" / "providers" / "errors.json"
DOCUMENTED = json.loads(DATA.read_text())
"""What the vendors' own documentation lists, by vendor: [status, body, our code]."""


@pytest.mark.parametrize(
    ("vendor", "status", "body", "expected"), [(v, *row) for v, rows in DOCUMENTED.items() for row in rows]
)
def test_documented_errors(vendor: str, status: int, body: dict, expected: str) -> None:
    names, message = names_and_message(json.loads(json.dumps(body)))
    assert message, "the vendor's message must be found"
    assert classify(status, names, message) == expected


def test_every_code_has_advice_and_is_reached() -> None:
    assert set(ADVICE) == set(CODES) and set(CODES) >= RETRYABLE
    reached = {expected for rows in DOCUMENTED.values() for _, _, expected in rows}
    only_from_the_wire = {"connection", "bad_response", "stream_interrupted"}
    assert reached | only_from_the_wire == set(CODES)


@pytest.mark.parametrize("status", [*range(400, 600)])
def test_every_status_has_a_code(status: int) -> None:
    code = classify(status, (), "")
    assert code in CODES
    if status not in BY_STATUS:
        assert code == ("server_error" if status >= 500 else "invalid_request")


@pytest.mark.parametrize(
    "body", [None, [], {}, "text", {"error": None}, {"error": 7}, {"error": {"message": {"a": 1}}}, 3]
)
def test_odd_error_bodies(body) -> None:
    names, message = names_and_message(body)
    assert isinstance(message, str) and classify(500, names, message) == "server_error"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Sun, 01 Nov 2026 10:00:07 GMT"}, 7.0),
        ({"retry-after": "Sun, 01 Nov 2026 09:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "999999999"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers, datetime(2026, 11, 1, 10, tzinfo=UTC)) == expected


def test_a_vendors_message_is_one_redacted_line() -> None:
    error = ProviderError(
        "authentication", "Incorrect API key provided: sk-abcdefgh12345678abcdefgh\n\x1b[0m" + "x" * 999
    )
    assert "abcdefgh" not in error.message and "\n" not in error.message and len(error.message) <= 200
