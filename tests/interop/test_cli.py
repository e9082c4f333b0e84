"""The verbs, from a shell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.interop.planted import MISTAKES, SOUND, text_of

PXCTL = str(Path(sys.executable).with_name("pxctl"))


def run(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PXCTL, *args], cwd=cwd, capture_output=True, text=True, check=False)


def test_import_writes_a_repository_that_lints_and_export_gives_it_back(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(SOUND)
    shown = run("import", "litellm", "config.yaml", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "nothing was written" in shown.stdout
    done = run("import", "litellm", "config.yaml", "--into", "repo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert run("lint", "--repo", "repo", cwd=tmp_path).returncode == 0
    exported = run("export", "litellm", "--repo", "repo", "-o", "back.yaml", cwd=tmp_path)
    assert exported.returncode == 0, exported.stderr
    assert run("lint", "--as", "litellm", "back.yaml", cwd=tmp_path).returncode == 0
    again = run("import", "litellm", "back.yaml", "--into", "repo", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    as_json = run("export", "litellm", "--repo", "repo", "--format", "json", cwd=tmp_path).stdout
    assert json.loads(as_json)["text"] == (tmp_path / "back.yaml").read_text()


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(SOUND)
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/pxctl.yaml").write_text("environments: {mine: {}}\n")
    refused = run("import", "litellm", "config.yaml", "--into", "repo", cwd=tmp_path)
    assert refused.returncode == 4
    assert sorted(path.name for path in (tmp_path / "repo").iterdir()) == ["pxctl.yaml"]
    assert run("import", "litellm", "config.yaml", "--into", "repo", "--force", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("format", ["text", "json", "sarif", "junit", "github", "markdown"])
def test_lint_as_litellm_in_every_format(tmp_path: Path, format: str) -> None:
    (tmp_path / "config.yaml").write_text(text_of(MISTAKES[0]))
    done = run("lint", "--as", "litellm", "config.yaml", "--format", format, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "PX0809" in done.stdout
    assert "config.yaml" in done.stdout


def test_lint_as_says_which_variables_are_set(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(SOUND)
    (tmp_path / ".env").write_text("AZURE_EU_KEY=1\nexport AZURE_US_KEY='2'\nMISTRAL_API_KEY=3\nOPENAI_API_KEY=\n")
    assert run("lint", "--as", "litellm", "config.yaml", cwd=tmp_path).returncode == 0
    done = run("lint", "--as", "litellm", "--env-file", ".env", "config.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "OPENAI_API_KEY" in done.stdout
    assert "MISTRAL_API_KEY" not in done.stdout


def test_an_ignore_comment_with_a_reason_takes_a_finding_out(tmp_path: Path) -> None:
    mistake = next(one for one in MISTAKES if one.name == "fallback to a smaller context")
    text = text_of(mistake)
    (tmp_path / "config.yaml").write_text(
        text.replace("chat: [small]", "chat: [small] # pxctl: ignore PX0813 short prompts")
    )
    done = run("lint", "--as", "litellm", "config.yaml", "--format", "json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert "PX0813" not in {finding["code"] for finding in report["findings"]}
    assert report["ignored"] == 1
    (tmp_path / "config.yaml").write_text(f"{text}\n# pxctl: ignore PX0813 on a line of its own\n")
    report = json.loads(run("lint", "--as", "litellm", "config.yaml", "--format", "json", cwd=tmp_path).stdout)
    assert "PX0813" in {finding["code"] for finding in report["findings"]}


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("import", "litellm", "absent.yaml"), 2),
        (("import", "envoy", "config.yaml"), 2),
        (("lint", "--as", "litellm"), 2),
        (("lint", "--as", "litellm", "empty.yaml"), 1),
        (("lint", "--as", "nobody", "config.yaml"), 2),
        (("import", "litellm", "empty.yaml"), 1),
    ],
)
def test_bad_input_has_its_exit_code_and_no_traceback(tmp_path: Path, args: tuple[str, ...], code: int) -> None:
    (tmp_path / "config.yaml").write_text(SOUND)
    (tmp_path / "empty.yaml").write_text("")
    done = run(*args, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_explain_knows_the_rules(tmp_path: Path) -> None:
    done = run("explain", "PX0809", cwd=tmp_path)
    assert done.returncode == 0
    assert "falls back" in done.stdout or "fallback" in done.stdout
