from __future__ import annotations

from pathlib import Path

import pytest

from pxctl.app.flows.init import files_of, scaffold
from pxctl.app.flows.lint import lint_repository
from pxctl.app.wiring import load_sound
from pxctl.core.errors import RefusedError, UsageError


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_what_is_made_lints_without_any_finding(tmp_path, provider: str) -> None:
    made = scaffold(tmp_path / "deep" / "repo", provider)
    assert made.git
    assert [str(finding) for finding in lint_repository(Path(made.folder)).findings] == []
    config = load_sound(Path(made.folder))
    assert list(config.providers) == [provider]
    assert list(config.policies) == ["default"]
    assert config.project.credential_grants or provider == "ollama"


def test_the_project_file_has_a_dozen_lines() -> None:
    assert len(files_of("openai")["pxctl.yaml"].splitlines()) <= 12


@pytest.mark.parametrize("path", ["pxctl.yaml", "providers/openai.yaml", "tenants/tenants.yaml"])
def test_nothing_is_overwritten_and_nothing_else_is_written(tmp_path, path: str) -> None:
    target = tmp_path / path
    target.parent.mkdir(exist_ok=True)
    target.symlink_to("nowhere") if path == "pxctl.yaml" else target.write_text("mine")
    before = sorted(p for p in tmp_path.rglob("*"))
    with pytest.raises(RefusedError, match=path):
        scaffold(tmp_path, "openai")
    assert sorted(p for p in tmp_path.rglob("*")) == before


def test_a_gitignore_and_a_repository_that_are_there_are_kept(tmp_path, make_repo) -> None:
    root = make_repo({".gitignore": "mine\n"})
    made = scaffold(root, "openai")
    assert made.kept == (".gitignore",)
    assert not made.git
    assert (root / ".gitignore").read_text() == "mine\n"


def test_a_failure_in_the_middle_leaves_nothing(tmp_path, monkeypatch) -> None:
    real = Path.open
    count = 0

    def full(self, *args, **kwargs):
        nonlocal count
        count += 1
        if count == 3:
            raise OSError(28, "No space left on device", str(self))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OSError, match="No space"):
        scaffold(tmp_path / "new", "openai")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder(tmp_path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(UsageError, match="is a file"):
        scaffold(tmp_path / "f", "openai")
