"""Traces and providers that are not as they should be."""

from __future__ import annotations

import gzip
import os
import subprocess
from pathlib import Path

import pytest
from tests.e2e.conftest import clear


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("t.csv", b"when,what\n1,2\n", ("t.csv",)),
        ("t.csv", b"input_tokens,output_tokens\nmany,few\n", ("t.csv",)),
        ("t.csv", b"input_tokens,output_tokens\n-5,1\n", ("t.csv",)),
        ("t.csv", b"input_tokens,output_tokens\nnan,1\n", ("t.csv",)),
        ("t.csv", b"input_tokens,output_tokens\n1e999,1\n", ("t.csv",)),
        ("t.csv", b"input_tokens,output_tokens\n", ("t.csv",)),
        ("t.csv", b"", ("t.csv",)),
        ("t.csv", b"\xff\xfe\x00\x00rubbish", ("t.csv",)),
        ("t.jsonl", b'{"input_tokens": ', ("t.jsonl",)),
        ("t.jsonl", b"[" * 30_000 + b"\n", ("t.jsonl",)),
        ("t.csv.gz", b"not gzip at all", ("t.csv.gz",)),
        ("t.csv.gz", gzip.compress(b"input_tokens,output_tokens\n1,1\n" * 500)[:60], ("t.csv.gz",)),
    ],
    ids=["missing columns", "words", "negative", "nan", "too large", "no rows", "empty", "binary", "half JSON",
         "deep JSON", "no gzip", "cut gzip"],
)  # fmt: skip
def test_a_trace_that_cannot_be_replayed(repo: Path, pxctl, name: str, data: bytes, words: tuple[str, ...]) -> None:
    (repo / name).write_bytes(data)
    done = pxctl("simulate", name, "--preset", "plain", cwd=repo)
    assert done.returncode in (1, 2)
    clear(done, done.returncode, *words)
    assert "requests," not in done.stdout


@pytest.mark.parametrize("name", ["nowhere.csv", ".", "pxctl.yaml"])
def test_a_trace_that_is_none(repo: Path, pxctl, name: str) -> None:
    done = pxctl("simulate", name, "--preset", "plain", cwd=repo)
    assert done.returncode in (1, 2)
    clear(done, done.returncode, name)


def point_at(repo: Path, port: int) -> None:
    provider = repo / "providers" / "openai.yaml"
    text = provider.read_text().replace("https://api.openai.com", f"http://127.0.0.1:{port}")
    provider.write_text(text.replace("status: active", "status: active\ntimeout_ms: 400\nretries: {max: 0}"))
    project = repo / "pxctl.yaml"
    project.write_text(project.read_text().replace("[api.openai.com]", f'["http://127.0.0.1:{port}"]'))
    subprocess.run(["git", "commit", "-qam", "here"], cwd=repo, check=True)


def test_a_provider_that_hangs_is_given_up_and_blocked(repo: Path, pxctl, silent_server: int) -> None:
    point_at(repo, silent_server)
    secret = "correct horse battery staple"
    done = pxctl("validate", "openai", cwd=repo, env={**os.environ, "OPENAI_API_KEY": secret})
    clear(done, 1, "openai", "pending_fix")
    assert secret not in done.stdout + done.stderr


def test_a_provider_that_nobody_serves(repo: Path, pxctl) -> None:
    point_at(repo, 9)
    done = pxctl("validate", "openai", cwd=repo, env={**os.environ, "OPENAI_API_KEY": "correct horse battery"})
    clear(done, 1, "openai")


def test_a_credential_that_is_not_there(repo: Path, pxctl, silent_server: int) -> None:
    point_at(repo, silent_server)
    done = pxctl("validate", "openai", cwd=repo)
    assert done.returncode in (1, 2)
    clear(done, done.returncode, "OPENAI_API_KEY")
