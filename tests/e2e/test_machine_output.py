"""`--format json`: one document with `schema_version` on stdout, nothing else, whatever the verb."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.conftest import git

from pxctl.app.flows.init import files_of

ROUTE = ("route", "--tenant", "my-team", "--privacy", "internal")
VERBS = (
    ("lint",), ("doctor",), ROUTE, ("simulate", "trace.csv", "--preset", "plain"),
    ("plan", "HEAD..", "--trace", "trace.csv", "--preset", "plain"), ("explain", "PX0001"),
    ("status",), ("status", "--env", "production"), ("status", "--tenant", "my-team"), ("env", "list"),
    ("audit", "log"), ("audit", "show", "1"), ("audit", "verify"), ("audit", "export"),
    ("publish", "--policy", "default", "--dry-run"), ("promote", "--if-ready"),
)  # fmt: skip


@pytest.fixture
def repo(make_repo, pxctl) -> Path:
    root = make_repo({**files_of("openai"), "trace.csv": "input_tokens,output_tokens\n100,10\n"})
    assert pxctl("env", "init", "production", cwd=root).returncode == 0
    return root


def live(repo: Path) -> str:
    return git(repo, "for-each-ref", "refs/heads") + git(repo, "status", "--porcelain")


def test_each_verb_that_reads_answers_machines_in_one_document_and_changes_nothing(repo: Path, pxctl) -> None:
    before = live(repo)
    for words in VERBS:
        done = pxctl(*words, "--format", "json", cwd=repo)
        assert done.returncode in (0, 1), (words, done.stderr)
        document = json.loads(done.stdout)
        assert isinstance(document["schema_version"], int), words
        assert "\x1b" not in done.stdout, words
        assert live(repo) == before, words


def test_quiet_says_nothing_on_stderr_and_output_goes_to_a_file(repo: Path, pxctl) -> None:
    for words in (("lint",), ROUTE, ("simulate", "trace.csv", "--preset", "plain"), ("status",)):
        there = repo / "answer"
        done = pxctl(*words, "--quiet", "--output", str(there), cwd=repo)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), words
        assert there.read_text().endswith("\n")
        assert there.read_text().count("\n") >= 1
        there.unlink()


def test_the_same_question_gets_the_same_bytes(repo: Path, pxctl) -> None:
    for words in (("lint",), ("simulate", "trace.csv", "--preset", "plain"), ("audit", "log")):
        first, second = (pxctl(*words, "--format", "json", cwd=repo) for _ in range(2))
        assert first.stdout == second.stdout, words


def test_shared_options_before_the_verb_and_a_variable_for_the_repository(
    repo: Path, pxctl, tmp_path, monkeypatch
) -> None:
    here = tmp_path / "elsewhere"
    here.mkdir()
    done = pxctl("--repo", str(repo), "--format", "json", "lint", cwd=here)
    assert json.loads(done.stdout)["schema_version"]
    monkeypatch.setenv("PXCTL_REPO", str(repo))
    assert pxctl("status", cwd=here).returncode == 0
