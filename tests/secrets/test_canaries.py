"""Canary secrets through every command that meets one; then everything that came out is searched for them.

The endpoint is hostile: it echoes the credential in its error messages, headers and bodies, in several encodings. What
is searched: stdout and stderr of every command in every format, files that pxctl wrote (signals, journal, reports,
crash logs), every object of the git repository, and the environment and arguments of every child process. The figure
of this test (canaries x outputs x encodings, leaks) stands in docs/secrets.md.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.providers.conftest import adapter_for, ask
from tests.repos import provider_yaml, pxctl
from tests.secrets.conftest import Bao
from tests.servers import RawServer, http, raw_server

from pxctl.app.crash import render
from pxctl.core.secret import Secret
from pxctl.providers.errors import ProviderError

CANARIES = {
    "old": "cAnArY+old/4711=QxZ~first",
    "new": "cAnArY_new-0815.WvU-second",
    "wrong": "zZwrongCanary%20+/with=odd",
    "env": "envCanary-77777-abcdefgh",
    "file": "fileCanary-88888-ijklmnop",
    "token": "root",  # the store's token: too short to be a canary, searched for in no text
}
SEARCHED = {name: value for name, value in CANARIES.items() if name != "token"}
GOOD = {
    "model": "gpt-4.1-mini", "choices": [{"message": {"content": "ready"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1},
}  # fmt: skip


def encodings(value: str) -> dict[str, bytes]:
    """How a secret might show: whole, encoded, or as the first half of it."""
    raw = value.encode()
    found = {
        "raw": raw,
        "prefix": raw[: max(8, len(raw) // 2)],
        "url": quote(value, safe="").encode(),
        "hex": raw.hex().encode(),
    }
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw).decode()[(0, 2, 3)[shift] :].rstrip("=")[:-1]
        found[f"base64+{shift}"] = text.encode()
        found[f"base64url+{shift}"] = text.translate(str.maketrans("+/", "-_")).encode()
    found["json"] = json.dumps(value).strip('"').encode()
    return found


def hostile(connection, request: bytes) -> None:
    """Lets the first, the second and the local keys in; echoes everybody's."""
    head = request.partition(b"\r\n\r\n")[0].decode("latin-1")
    key = next((line.partition("Bearer ")[2] for line in head.split("\r\n") if "Bearer " in line), "none")
    encoded = base64.b64encode(key.encode()).decode()
    if key in (SEARCHED["old"], SEARCHED["new"], SEARCHED["env"], SEARCHED["file"]):
        connection.sendall(http("200 OK", json.dumps(GOOD), x_request_id=f"{key}-{encoded}", set_cookie=f"k={key}"))
        return
    message = f"Incorrect API key provided: {key} ({encoded}, {quote(key)}, {key[:14]}..., {key.encode().hex()})"
    body = {"error": {"message": message, "type": key, "code": "invalid_api_key", "param": key}}
    connection.sendall(http("401 Unauthorized", json.dumps(body), x_request_id=key, www_authenticate=key))


@pytest.fixture
def endpoint() -> Iterator[RawServer]:
    with raw_server(hostile) as server:
        yield server


@pytest.fixture
def repo(make_repo: Callable[..., Path], bao: Bao, endpoint: RawServer, tmp_path: Path) -> Path:
    name = uuid.uuid4().hex[:8]
    secret = tmp_path / "key-file"
    secret.write_text(SEARCHED["file"] + "\n")
    secret.chmod(0o600)
    grants = [
        {"ref": ref, "hosts": ["127.0.0.1"]}
        for ref in (f"vault://secret/{name}", "env://LLM_KEY", f"file://{secret}", "env://WRONG_KEY")
    ]
    project = {
        "version": 1, "environments": {"production": {}}, "credential_grants": grants,
        "secret_stores": {"vault": {"address": bao.url, "timeout_ms": 30_000}},
    }  # fmt: skip
    refs = {
        "v": f"vault://secret/{name}/v#api_key",
        "e": "env://LLM_KEY",
        "f": f"file://{secret}",
        "w": "env://WRONG_KEY",
    }
    files = {f"providers/{n}.yaml": provider_yaml(n, endpoint.url, credential_ref=ref) for n, ref in refs.items()}
    return make_repo({"pxctl.yaml": json.dumps(project), **files})


@pytest.fixture
def children(tmp_path: Path) -> Path:
    """A folder for PATH whose `git` writes down its arguments and environment before it is git."""
    folder = tmp_path / "bin"
    folder.mkdir()
    log, real = tmp_path / "children", shutil.which("git")
    lines = ("#!/bin/sh", f'printf "%s\\n" "$@" >> {log}.log', f"env >> {log}.env", f'exec {real} "$@"')
    (folder / "git").write_text("\n".join(lines) + "\n")
    (folder / "git").chmod(0o755)
    return folder


COMMANDS: list[tuple[tuple[str, ...], str | None]] = [
    (("secret", "set", "v"), "old"),
    (("secret", "status"), None),
    (("secret", "status", "--format", "json"), None),
    (("secret", "check", "--verbose"), None),
    (("secret", "check", "--format", "json"), None),
    (("validate", "--all", "--verbose"), None),
    (("validate", "--all", "--format", "json"), None),
    (("validate", "--all", "--format", "junit", "--output", "report.xml"), None),
    (("validate", "--all", "--format", "markdown", "--output", "report.md"), None),
    (("validate", "w", "--format", "html", "--output", "report.html"), None),
    (("secret", "rotate", "v", "--verbose"), "wrong"),
    (("secret", "rotate", "v", "--format", "json"), "wrong"),
    (("secret", "rotate", "v"), "new"),
    (("secret", "set", "v", "--name", "other"), "old"),
    (("secret", "set", "e"), "old"),
    (("provider", "list", "--secret", "present", "--format", "json"), None),
    (("provider", "show", "w"), None),
    (("provider", "show", "v", "--format", "json"), None),
    (("provider", "new", "bad", "--kind", "openai_compatible", "--credential-ref", SEARCHED["wrong"]), None),
    (("lint", "--format", "json"), None),
    (("doctor",), None),
    (("secret", "clear", "v", "--confirm", "v"), None),
    (("secret", "undo", "v", "--version", "1"), None),
    (("validate", "v"), None),
]  # fmt: skip


def test_no_canary_comes_out_anywhere(repo: Path, children: Path, tmp_path: Path, record_property) -> None:
    outputs: dict[str, bytes] = {}
    env = {
        "VAULT_TOKEN": CANARIES["token"], "LLM_KEY": SEARCHED["env"], "WRONG_KEY": SEARCHED["wrong"],
        "PATH": f"{children}:{os.environ['PATH']}",
    }  # fmt: skip
    given = {"LLM_KEY", "WRONG_KEY"}
    for number, (args, value) in enumerate(COMMANDS):
        done = pxctl(repo, *args, env=env, stdin=SEARCHED[value] + "\n" if value else "")
        name = f"{number} {' '.join(args)}"
        assert done.returncode != 3, done.stderr
        outputs[f"stdout of {name}"], outputs[f"stderr of {name}"] = done.stdout.encode(), done.stderr.encode()
    subprocess.run(["git", "add", "-A"], cwd=repo, check=True)
    subprocess.run(["git", "commit", "-qm", "after"], cwd=repo, check=True)
    for file in sorted(repo.rglob("*")):
        if file.is_file() and ".git" not in file.parts:
            outputs[f"file {file.relative_to(repo)}"] = file.read_bytes()
    git = ["git", "cat-file", "--batch", "--batch-all-objects"]
    outputs["every object of git"] = subprocess.run(git, cwd=repo, check=True, capture_output=True).stdout
    outputs["arguments of children"] = (tmp_path / "children.log").read_bytes()
    lines = (tmp_path / "children.env").read_bytes().split(b"\n")
    outputs["environment of children"] = b"\n".join(
        line
        for line in lines
        if line.partition(b"=")[0].decode() not in given  # what the operator put there stays
    )
    leaks = [
        (output, canary, encoding)
        for output, data in outputs.items()
        for canary, value in SEARCHED.items()
        for encoding, text in encodings(value).items()
        if text in data
    ]
    kinds = len(encodings("x" * 20))
    figure = f"{len(SEARCHED)} canaries x {len(outputs)} outputs x {kinds} encodings: {len(leaks)} leaks"
    record_property("canaries", figure)
    print(figure)
    assert leaks == [] and len(outputs) > 50 and any(name.endswith("signals.db") for name in outputs)


def test_the_search_finds_what_is_there() -> None:
    value = SEARCHED["old"]
    for text in (value, f"x{base64.b64encode(b'a:' + value.encode()).decode()}", quote(value, safe=""), value[:14]):
        assert any(form in text.encode() for form in encodings(value).values())


def test_logs_at_every_level_and_crash_logs(endpoint: RawServer, caplog: pytest.LogCaptureFixture, bao: Bao) -> None:
    """With every library's debug log on: httpx, httpcore, urllib3, hvac, asyncio."""
    value = SEARCHED["wrong"].replace("%20", "x")
    with caplog.at_level(logging.DEBUG):

        async def call() -> BaseException:
            adapter = adapter_for("openai_compatible", endpoint.url, key=value)
            try:
                await adapter.chat(ask("x"))
            except ProviderError as error:
                return error
            finally:
                await adapter.aclose()
            raise AssertionError

        error = asyncio.run(call())
        from pxctl.model.project import SecretStore
        from pxctl.secrets.base import parse_ref
        from pxctl.secrets.registry import open_backend

        os.environ["VAULT_TOKEN"] = "root"
        try:
            backend = open_backend("vault", SecretStore(address=bao.url))
            ref = parse_ref(f"vault://secret/{uuid.uuid4().hex}#api_key")
            backend.put(ref, Secret(value), expected=None, by="ada")
            backend.get(ref)
        finally:
            del os.environ["VAULT_TOKEN"]
    try:
        held = {"key": Secret(value), "headers": [value]}
        raise RuntimeError(f"something broke with {value} in {held}") from error
    except RuntimeError as bug:
        log = render(bug)
    for form in encodings(value).values():
        text = form.decode()
        assert text not in log and text not in repr(error) + str(error)
        assert not any(text in record.getMessage() for record in caplog.records), form
    assert len(caplog.records) > 5
