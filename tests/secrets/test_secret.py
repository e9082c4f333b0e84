"""The opaque type, and redaction behind it."""

from __future__ import annotations

import base64
import copy
import json
import logging
import pickle
import traceback
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxctl.core.secret import HIDDEN, Secret, brief, redact

CANARY = "canary+value/with=odd chars-4711"


@pytest.mark.parametrize(
    "use",
    [
        str,
        hash,
        len,
        list,
        bytes,
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        json.dumps,
        vars,
        lambda s: f"{s}",
        lambda s: f"{s:>10}",
        lambda s: f"{s}",
        lambda s: s == s,
        lambda s: s != "",
        lambda s: s < s,
        lambda s: s + "",
        lambda s: "" + s,
        lambda s: s[0],
        lambda s: "a" in s,
    ],
)
def test_a_secret_is_of_no_use_but_to_reveal(use) -> None:
    secret = Secret(CANARY)
    with pytest.raises(TypeError) as caught:
        use(secret)
    assert CANARY not in str(caught.value)
    assert secret.reveal() == CANARY


def test_what_can_be_seen_of_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(CANARY)
    assert repr(secret) == "<secret>" and repr({"key": [secret]}) == "{'key': [<secret>]}"
    assert f"{secret!r}" == "<secret>"
    logging.getLogger("test").warning("with %r", secret)
    try:
        raise ValueError(secret)
    except ValueError as error:
        shown = "".join(traceback.format_exception(error)) + repr(error)
    assert CANARY not in shown + caplog.text
    assert CANARY not in repr(dir(secret))


@pytest.mark.parametrize("value", ["", None, 7, b"bytes"])
def test_only_text_is_a_secret(value) -> None:
    with pytest.raises(ValueError, match="a secret is a text"):
        Secret(value)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60), st.text(max_size=5))
def test_known_secrets_do_not_survive_redaction(value: str, around: str) -> None:
    Secret(value)
    encoded = base64.b64encode(b"user:" + value.encode()).decode()
    for text in (value, quote(value, safe=""), base64.b64encode(value.encode()).decode(), value.encode().hex()):
        assert text not in redact(f"{around} {text} {around}") or text in HIDDEN
    assert value[: max(8, len(value) // 2)] not in redact(f"begins with {value[: max(8, len(value) // 2)]}").replace(
        HIDDEN, ""
    )
    middle = base64.b64encode(b"user:" + value.encode()).decode()[8:-4]
    assert len(middle) < 8 or middle not in redact(encoded)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefgh12345678",
        "Incorrect API key provided: sk-proj-1234567890abcdef1234",
        "Incorrect API key provided: sk-ab****************wxyz",
        "https://user:hunter22@host/path",
        "AIzaSyA1234567890abcdefghijklmnop",
        "AKIAIOSFODNN7EXAMPLE",
        "hvs.CAESIJ1234567890abcdefgh",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    ],
)
def test_what_looks_like_a_credential_is_removed(text: str) -> None:
    assert HIDDEN in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "model `gpt-4.1-mini` does not exist",
        "https://api.openai.com/v1",
        "key-management-provider-for-everybody",
        "2 * 3 ** 4",
        "sha256:9f86d081884c7d659a2feaa0c55ad015",
        "f9c2d802ecf8c412192f25f133b3c4b5e1ce6549",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


def test_brief_is_one_bounded_line() -> None:
    assert brief("a\n\x1b[31mb\tc" + "x" * 500).startswith("a [31mb c")
    assert len(brief("y " * 5000)) == 200
