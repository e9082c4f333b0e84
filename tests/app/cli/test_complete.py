from __future__ import annotations

import os

import pytest

from pxctl.app.cli.complete import words
from pxctl.app.flows.init import files_of


@pytest.fixture
def repo(make_repo):
    files = dict(files_of("openai"))
    files["tenants/more.yaml"] = "tenants:\n  - id: acme\n    tier: gold\n  - {id: zeta.shop, tier: gold}\n"
    return make_repo(files)


def test_words_come_from_the_files(repo) -> None:
    assert words("provider", repo, "") == ["openai"]
    assert words("policy", repo, "d") == ["default"]
    assert words("tenant", repo, "") == ["acme", "my-team", "zeta.shop"]
    assert words("environment", repo, "") == ["production"]
    assert words("subject", repo, "p") == ["policies/default", "providers/openai"]


def test_where_nothing_can_be_read_nothing_is_offered_and_nothing_said(tmp_path, repo, capfd) -> None:
    assert words("provider", tmp_path, "") == []
    (repo / "pxctl.yaml").write_text("environments: [")
    assert words("environment", repo, "") == []
    assert capfd.readouterr() == ("", "")


def shell(pxctl, line: str, repo, shell: str = "bash") -> list[str]:
    parts = line.split(" ")
    env = {
        **os.environ, "_PXCTL_COMPLETE": f"complete_{shell}", "COMP_WORDS": line, "COMP_CWORD": str(len(parts) - 1),
        "_TYPER_COMPLETE_ARGS": line,
    }  # fmt: skip
    done = pxctl(cwd=repo, env=env)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_verbs_options_and_values(pxctl, repo) -> None:
    assert shell(pxctl, "pxctl doc", repo) == ["doctor"]
    assert shell(pxctl, "pxctl doctor --off", repo) == ["--offline"]
    assert shell(pxctl, "pxctl doctor --format j", repo) == ["json"]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(pxctl, name: str, tmp_path) -> None:
    done = pxctl(env={**os.environ, "_PXCTL_COMPLETE": f"source_{name}"})
    assert done.returncode == 0
    assert "_PXCTL_COMPLETE" in done.stdout
