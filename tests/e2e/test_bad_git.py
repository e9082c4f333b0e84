"""Repositories that are not as they should be, and words that name nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.conftest import git
from tests.e2e.conftest import clear, snapshot

from pxctl.app.flows.init import files_of

RELEASING = (
    ("env", "init", "production"), ("publish", "--policy", "default", "--direct"), ("promote",), ("rollback",),
    ("status",), ("audit", "log"), ("audit", "verify"), ("plan", "HEAD.."),
)  # fmt: skip


@pytest.mark.parametrize("words", RELEASING, ids=lambda words: "-".join(words[:2]))
def test_a_folder_that_is_no_git_repository(tmp_path: Path, pxctl, words: tuple[str, ...]) -> None:
    root = tmp_path / "plain"
    for path, text in files_of("openai").items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    before = snapshot(root)
    clear(pxctl(*words, cwd=root), 2, "not in a git repository")
    assert snapshot(root) == before


def test_a_repository_without_a_commit(tmp_path: Path, pxctl) -> None:
    clear(pxctl("init", "new", cwd=tmp_path), 0)
    for words in RELEASING[:2]:
        clear(pxctl(*words, cwd=tmp_path / "new"), 2, "the repository has no commit yet", "git commit")


@pytest.mark.parametrize("words", RELEASING[1:7], ids=lambda words: "-".join(words[:2]))
def test_an_environment_that_has_no_release(repo: Path, pxctl, words: tuple[str, ...]) -> None:
    done = pxctl(*words, cwd=repo)
    assert done.returncode in (0, 1, 2, 4)
    clear(done, done.returncode, "production")
    assert git(repo, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_a_detached_head_and_no_remote_are_no_obstacle(repo: Path, pxctl) -> None:
    git(repo, "checkout", "-q", "--detach")
    clear(pxctl("env", "init", "production", cwd=repo), 0, "released: production #1")
    clear(pxctl("status", cwd=repo), 0, "production #1")
    clear(pxctl("doctor", cwd=repo), 0, "detached", "no remote `origin`")


def test_a_remote_that_is_gone(repo: Path, pxctl, tmp_path: Path) -> None:
    git(repo, "remote", "add", "origin", str(tmp_path / "gone.git"))
    before = git(repo, "for-each-ref")
    clear(pxctl("env", "init", "production", cwd=repo), 2, "origin")
    assert git(repo, "for-each-ref") == before


def test_a_branch_that_somebody_else_wrote(repo: Path, pxctl) -> None:
    clear(pxctl("env", "init", "production", cwd=repo), 0)
    tree = git(repo, "rev-parse", "env/production^{tree}")
    stray = git(repo, "commit-tree", tree, "-p", "env/production", "-m", "merged by hand")
    git(repo, "update-ref", "refs/heads/env/production", stray)
    clear(pxctl("publish", "--policy", "default", "--direct", cwd=repo), 4, "is not a release", "pxctl env repair")
    clear(pxctl("status", cwd=repo), 1, "is not a release")
    clear(pxctl("doctor", cwd=repo), 1, "is not a release")
    assert git(repo, "rev-parse", "env/production") == stray


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (("route", "--tenant", "nobody", "--privacy", "internal"), 1, "`nobody`"),
        (("route", "--tenant", "my-team", "--privacy", "cosmic"), 1, "cosmic"),
        (("route", "--tenant", "my-team", "--privacy", "internal", "--input-tokens", "-1"), 1, "input_tokens"),
        (
            ("route", "--tenant", "my-team", "--privacy", "internal", "--input-tokens", "many"),
            2,
            "it should be a valid integer",
        ),
        (("validate", "nobody"), 2, "`nobody`"),
        (("env", "init", "nowhere"), 2, "`nowhere`"),
        (("status", "--env", "nowhere"), 2, "`nowhere`"),
        (("plan", "no-such-branch.."), 2, "`no-such-branch`"),
        (("explain", "PX9999"), 2, "PX9999"),
        (("lint", "--format", "xml"), 2, "xml"),
    ],
)
def test_words_that_name_nothing(repo: Path, pxctl, words: tuple[str, ...], code: int, named: str) -> None:
    clear(pxctl(*words, cwd=repo), code, named)


@pytest.mark.parametrize("words", [("publish", "--policy", "nobody", "--direct"), ("rollback", "--policy", "nobody")])
def test_a_subject_that_is_not_there(repo: Path, pxctl, words: tuple[str, ...]) -> None:
    clear(pxctl("env", "init", "production", cwd=repo), 0)
    before = git(repo, "for-each-ref")
    clear(pxctl(*words, cwd=repo), 2, "nobody")
    assert git(repo, "for-each-ref") == before


def test_a_work_tree_inside_another_repository(repo: Path, pxctl) -> None:
    inner = repo / "models"
    for path, text in files_of("ollama").items():
        (inner / path).parent.mkdir(parents=True, exist_ok=True)
        (inner / path).write_text(text)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "a folder of its own")
    clear(pxctl("lint", cwd=inner), 0, "no findings")
    done = pxctl("env", "init", "production", cwd=inner)
    clear(done, done.returncode)
    assert done.returncode in (0, 2)


def test_without_git_on_the_path(repo: Path, pxctl, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("git") is None
    clear(pxctl("status", cwd=repo), 2, "git is not installed")
    clear(pxctl("lint", cwd=repo), 0)
