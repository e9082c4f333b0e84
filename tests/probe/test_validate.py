"""`pxctl validate` as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.repos import PROJECT, PXCTL, on_a_terminal, provider_yaml, pxctl
from tests.servers import free_port, llmock, raw_server

from pxctl.core.digest import blob_id
from pxctl.signals.store import SignalStore

KEY = {"LLM_KEY": "canary-key-0123456789abcdef"}


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with llmock() as url:
        yield url


@pytest.fixture
def repo(make_repo: Callable[..., Path], mock: str) -> Path:
    return make_repo(
        {
            "pxctl.yaml": PROJECT % "127.0.0.1",
            "providers/good.yaml": provider_yaml("good", f"{mock}/v1"),
            "providers/gone.yaml": provider_yaml("gone", f"http://127.0.0.1:{free_port()}/v1"),
            "providers/off.yaml": provider_yaml("off", "http://127.0.0.1:9/v1", enabled=False),
        }
    )


def test_one_that_passes(repo: Path) -> None:
    done = pxctl(repo, "validate", "good", env=KEY)
    assert done.returncode == 0, done.stderr
    assert "passing" in done.stdout and "passed  good us chat gpt-4.1-mini" in done.stderr
    with SignalStore(repo / ".pxctl" / "signals.db") as store:
        found = store.latest_evidence("good")
    assert found is not None and found.passed and found.environment == "production"
    assert found.blob == blob_id((repo / "providers/good.yaml").read_bytes())
    assert subprocess.run(["git", "status", "--porcelain"], cwd=repo, capture_output=True, text=True).stdout == ""


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere(repo: Path) -> None:
    done = pxctl(repo, "validate", "good", env=KEY)
    first, *between, last = done.stderr.splitlines()
    assert (first, last) == ("validating ...", "validating: 1 item done")
    assert len(between) == 1 and between[0].startswith("  passed  good us chat")
    code, shown = on_a_terminal(repo, "validate", "good", env={**KEY, "TERM": "xterm-256color"})
    assert code == 0 and "passing" in shown, shown
    assert "validating: passed  good us chat" in shown and "1/1" in shown and "validating ..." not in shown
    assert pxctl(repo, "validate", "good", "--quiet", env=KEY).stderr == ""


def test_all_with_one_that_fails(repo: Path) -> None:
    done = pxctl(repo, "validate", "--all", "--format", "json", env=KEY)
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["schema_version"] == 1
    assert {one["provider"]: one["passed"] for one in report["evidence"]} == {"good": True, "gone": False}
    assert "does not accept connections" in report["evidence"][0]["reasons"][0]
    text = pxctl(repo, "validate", "gone", env=KEY)
    assert "gone: pending_fix, publishing is blocked" in text.stdout


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        ((), 2, "name providers, or say --all"),
        (("nobody",), 2, "no provider is called `nobody`"),
        (("good", "--all"), 2, "exclude each other"),
        (("good", "--suite", "chatter"), 2, "no suite is called `chatter`"),
        (("good", "--min-health", "2"), 2, "not a number from 0 to 1"),
        (("good", "--max-p95-ms", "fast"), 2, "not a number of milliseconds"),
        (("good", "--budget-usd", "much"), 2, "not an amount"),
        (("good", "--env", "moon"), 2, "no environment is called `moon`"),
        (("good", "--base", "no-such-rev"), 2, "is not a commit"),
        (("good", "--region", "mars"), 1, "no endpoint in region mars"),
        (("good", "--suite", "vision"), 1, "no model of this provider declares"),
    ],
)
def test_words_that_are_off(repo: Path, args: tuple[str, ...], code: int, words: str) -> None:
    done = pxctl(repo, "validate", *args, env=KEY)
    assert done.returncode == code and words in done.stderr + done.stdout


def test_overrides_are_in_the_evidence(repo: Path) -> None:
    args = (
        "--suite",
        "chat,streaming",
        "--suite",
        "us=chat",
        "--min-health",
        "us=0.5",
        "--samples",
        "1",
        "--format",
        "json",
    )
    report = json.loads(pxctl(repo, "validate", "good", *args, env=KEY).stdout)["evidence"][0]
    assert report["overrides"] == {"suites": "chat,streaming", "us=suites": "chat", "us=min_health": "0.5"}
    assert [result["suite"] for result in report["results"]] == ["chat"]


def test_a_commit_instead_of_the_work_tree(repo: Path) -> None:
    (repo / "providers/good.yaml").write_text("id: [broken")
    assert pxctl(repo, "validate", "good", env=KEY).returncode == 1
    report = json.loads(pxctl(repo, "validate", "good", "--rev", "HEAD", "--format", "json", env=KEY).stdout)
    assert report["source"] and report["evidence"][0]["passed"]


def test_machine_formats(repo: Path) -> None:
    junit = ElementTree.fromstring(pxctl(repo, "validate", "--all", "--format", "junit", env=KEY).stdout)
    assert {suite.get("name"): suite.get("failures") for suite in junit} == {"good": "0", "gone": "2"}
    page = pxctl(repo, "validate", "--all", "--format", "html", env=KEY).stdout
    assert page.startswith("<!doctype html>") and "pending_fix" in page and "<script" not in page
    markdown = pxctl(repo, "validate", "--all", "--format", "markdown", "--output", "report.md", env=KEY)
    assert markdown.stdout == "" and "1 provider failed" in (repo / "report.md").read_text()


def test_interrupted_by_the_keyboard(repo: Path) -> None:
    def hang(connection: socket.socket, _: bytes) -> None:
        connection.recv(1)  # until the client gives up

    with raw_server(hang) as server:
        (repo / "providers/slow.yaml").write_text(provider_yaml("slow", server.url))
        running = subprocess.Popen(
            [*PXCTL, "validate", "good", "slow", "--format", "json"],
            cwd=repo, env={**os.environ, **KEY}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert running.stderr is not None
        err = ""
        while "passed  good" not in err or not server.requests:
            err += running.stderr.readline()
            assert running.poll() is None, err
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    report = json.loads(out)
    assert running.returncode == 130 and report["interrupted"], err
    assert {one["provider"]: (one["passed"], one["partial"]) for one in report["evidence"]} == {
        "good": (True, False), "slow": (False, True),
    }  # fmt: skip
    with SignalStore(repo / ".pxctl" / "signals.db") as store:
        assert store.latest_evidence("good") and store.latest_evidence("slow")


def test_a_corrupt_store_is_said_before_money_is_spent(repo: Path) -> None:
    (repo / ".pxctl").mkdir()
    (repo / ".pxctl" / "signals.db").write_bytes(b"no database" * 100)
    done = pxctl(repo, "validate", "good", env=KEY)
    assert done.returncode == 2 and "corrupt" in done.stderr and "passed" not in done.stderr
