from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.conftest import git

from pxctl.app.flows.doctor import checkup
from pxctl.app.flows.init import files_of
from pxctl.model.doctor import Check
from pxctl.report.doctor import checkup_text


@pytest.fixture
def repo(make_repo) -> Path:
    return make_repo(dict(files_of("openai")))


def by_name(root: Path | None, **kwargs: bool) -> dict[str, Check]:
    return {check.name: check for check in checkup(root, **kwargs).checks}


def test_a_machine_without_a_repository_is_looked_at_too() -> None:
    found = by_name(None)
    assert found["git"].verdict == "ok"
    assert found["repository"].mend == "pxctl init DIR"


@pytest.mark.parametrize(("installed", "says"), [(True, "compiled from 1,048,576 requests on"), (False, "NumPy")])
def test_how_replays_are_computed_is_said(monkeypatch: pytest.MonkeyPatch, installed: bool, says: str) -> None:
    monkeypatch.setattr("pxctl.policy.columns_kernel.available", lambda: installed)
    check = by_name(None)["replay"]
    assert check.detail == says
    assert check.verdict == ("ok" if installed else "info")
    assert (check.mend is None) is installed


def test_a_sound_repository_has_no_problem(repo, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "correct horse battery")
    report = checkup(repo)
    assert not report.failed
    assert {check.name: check.verdict for check in report.checks}["configuration"] == "ok"
    assert "correct horse" not in report.model_dump_json()


def test_a_missing_variable_and_a_missing_key_are_named(repo, monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    found = by_name(repo)
    assert found["secrets env://"].verdict == "warning"
    assert "OPENAI_API_KEY" in found["secrets env://"].detail
    assert "ssh-keygen" in str(found["signing key"].mend)


def test_a_required_signing_key_is_a_problem(repo) -> None:
    text = (repo / "pxctl.yaml").read_text().replace("production: {}", "production: {sign: required}")
    (repo / "pxctl.yaml").write_text(text)
    assert by_name(repo)["signing key"].verdict == "problem"


def test_an_unknown_identity_is_a_problem(repo, monkeypatch) -> None:
    for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"):
        monkeypatch.delenv(name, raising=False)
    git(repo, "config", "--unset", "user.name")
    git(repo, "config", "--unset", "user.email")
    assert by_name(repo)["identity"].verdict == "problem"


def test_a_detached_head_and_broken_files(repo) -> None:
    git(repo, "checkout", "-q", "--detach")
    (repo / "providers" / "openai.yaml").write_text("id: [")
    found = by_name(repo)
    assert "detached" in found["work tree"].detail
    assert found["configuration"].verdict == "problem"
    assert "providers/openai.yaml:1" in found["configuration"].detail


def test_a_remote_that_does_not_answer_is_a_problem_unless_offline(repo, tmp_path) -> None:
    git(repo, "remote", "add", "origin", str(tmp_path / "gone.git"))
    assert by_name(repo)["remote"].verdict == "problem"
    assert by_name(repo, offline=True)["remote"].verdict == "skipped"


def test_a_tip_that_is_no_release_is_a_problem(repo) -> None:
    git(repo, "branch", "env/production")
    found = by_name(repo)["environment production"]
    assert found.verdict == "problem"
    assert "not a release" in found.detail


def test_a_lock_over_a_reference_is_shown(repo) -> None:
    lock = repo / ".git" / "refs" / "heads" / "env" / "production.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    found = by_name(repo)["lock"]
    assert str(lock) in found.detail and "a process may hold it" in found.detail and f"rm {lock}" in found.mend
    record = repo / ".git" / "pxctl" / "production.turn"
    record.parent.mkdir()
    record.write_text(f'{{"pid": 999999999, "at": {lock.stat().st_mtime - 1}}}')
    found = by_name(repo)["lock"]
    assert "left by process 999999999, which is dead" in found.detail and found.mend == "the next release removes it"
    lock.unlink()
    other = repo / ".git" / "refs" / "pxctl" / "approvals" / "ada.lock"
    other.parent.mkdir(parents=True)
    other.touch()
    assert str(other) in by_name(repo)["lock"].detail


def test_without_git_the_rest_is_still_looked_at(repo, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("git") is None
    found = by_name(repo)
    assert found["git"].verdict == "problem"
    assert found["configuration"].verdict == "ok"


def test_the_text_says_how_to_mend(repo) -> None:
    parts = checkup_text(checkup(repo))
    assert any(isinstance(part, str) and "pxctl env init production" in part for part in parts)
