"""Secrets from the environment and from files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pxctl.core.secret import Secret
from pxctl.secrets.base import SecretError, parse_ref
from pxctl.secrets.registry import open_backend


def fault(scheme: str, text: str) -> str:
    with pytest.raises(SecretError) as caught:
        open_backend(scheme).get(parse_ref(text))
    return caught.value.fault


def test_env(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KEY", " value-with-space-around \n")
    assert open_backend("env").get(parse_ref("env://LLM_KEY")).secret.reveal() == "value-with-space-around"
    assert open_backend("env").describe(parse_ref("env://LLM_KEY")).present
    assert not open_backend("env").describe(parse_ref("env://NO_KEY")).present
    monkeypatch.setenv("EMPTY", "  ")
    assert fault("env", "env://EMPTY") == fault("env", "env://NO_KEY") == "missing"
    assert fault("env", "env://A-B") == fault("env", "env://LLM_KEY#x") == "invalid"


def test_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("value\n")
    file.chmod(0o600)
    assert open_backend("file").get(parse_ref(f"file://{file}")).secret.reveal() == "value"
    assert open_backend("file").describe(parse_ref(f"file://{file}")).rotated_at is not None
    file.write_text('{"api_key": "inner", "n": 1}')
    assert open_backend("file").get(parse_ref(f"file://{file}#api_key")).secret.reveal() == "inner"
    assert fault("file", f"file://{file}#n") == fault("file", f"file://{file}#other") == "missing"
    for mode in (0o640, 0o604, 0o660):
        file.chmod(mode)
        assert fault("file", f"file://{file}") == "forbidden"
    file.chmod(0o600)
    file.write_bytes(b"\xff\xfe")
    assert fault("file", f"file://{file}") == "invalid"
    file.write_bytes(b"x" * 70_000)
    assert fault("file", f"file://{file}") == "invalid"
    assert fault("file", f"file://{tmp_path}/none") == "missing"
    assert fault("file", f"file://{tmp_path}") == "invalid"
    assert fault("file", "file://relative/path") == "invalid"
    os.mkfifo(tmp_path / "fifo", 0o600)
    assert fault("file", f"file://{tmp_path}/fifo") == "invalid"


@pytest.mark.parametrize("scheme", ["env", "file"])
def test_what_cannot_be_written_says_so(scheme: str, tmp_path: Path) -> None:
    backend = open_backend(scheme)
    ref = parse_ref("env://A" if scheme == "env" else f"file://{tmp_path}/a")
    assert not backend.writable and backend.check()
    for attempt in (
        lambda: backend.put(ref, Secret("x"), expected=None, by="ada"),
        lambda: backend.clear(ref, by="ada"),
        lambda: backend.restore(ref, "1", by="ada"),
    ):
        with pytest.raises(SecretError) as caught:
            attempt()
        assert caught.value.fault == "unsupported"


def test_an_unknown_scheme_names_the_known_ones() -> None:
    with pytest.raises(SecretError) as caught:
        open_backend("gopher")
    assert "vault://" in (caught.value.hint or "")
