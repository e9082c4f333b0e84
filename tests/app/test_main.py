from __future__ import annotations

import subprocess
import sys

import pytest

from pxctl.app import errors
from pxctl.app.cli.group import hoist
from pxctl.app.cli.verbs import VERBS, available
from pxctl.core.errors import ContextError, GitError, RefusedError, StoreError

HEAVY = ("typer", "click", "rich", "pydantic", "ruamel", "httpx", "hvac", "git", "numpy", "jsonschema", "asyncio")


def imported(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\ntry:\n    {code}\nfinally:\n    print()\n    print(*sys.modules)"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split())


def test_version_imports_nothing_but_the_entry_point() -> None:
    ours = {name for name in imported("from pxctl.app.main import main; main(['--version'])") if "pxctl" in name}
    assert ours == {"pxctl", "pxctl.app", "pxctl.app.main"}


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version_needs_no_library(flag: str) -> None:
    modules = imported(f"from pxctl.app.main import main; main(['{flag}'])")
    assert "pxctl.app.main" in modules
    assert not modules & set(HEAVY)


def test_the_list_of_verbs_imports_no_verb() -> None:
    modules = imported("from pxctl.app.main import main; main(['--help'])")
    verbs = {verb.module for verb in VERBS}
    assert "pxctl.app.cli.group" in modules
    assert not modules & verbs
    assert not modules & {"pydantic", "httpx", "numpy", "git", "ruamel"}


def test_help_lists_the_verbs_that_exist_and_no_other(pxctl) -> None:
    shown = pxctl("--help")
    assert shown.returncode == 0
    names = {line.strip("│ ").split(" ")[0] for line in shown.stdout.splitlines() if line.startswith("│")}
    assert {verb.name for verb in VERBS} & names == set(available())


def test_every_design_verb_has_a_place_in_the_table() -> None:
    design = (
        "init lint explain schema provider secret validate route simulate prove plan publish apply approve promote "
        "pause abort retry rollback safe-mode status audit signers env sync export-live matrix import export watch "
        "serve doctor"
    )
    assert set(design.split()) <= {verb.name for verb in VERBS}


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["nonsense"], "`nonsense`"),
        (["--nonsense"], "--nonsense"),
        (["plan", "--format", "yaml"], "`-f`: `yaml` is not one of `text`, `json`, `markdown`, `html`"),
        ([], "Usage"),
    ],
)
def test_wrong_words_are_exit_2(pxctl, args: list[str], word: str) -> None:
    done = pxctl(*args)
    assert done.returncode == 2
    assert word in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_shared_options_may_stand_before_the_verb() -> None:
    assert hoist(["--repo", "x", "-q", "lint", "a.yaml"]) == ["lint", "a.yaml", "--repo", "x", "-q"]
    assert hoist(["--repo=x", "lint", "--", "-a"]) == ["lint", "--repo=x", "--", "-a"]
    assert hoist(["lint", "--repo", "x"]) == ["lint", "--repo", "x"]
    assert hoist(["--repo", "x"]) == ["--repo", "x"]
    assert hoist(["--repo", "x", "--help"]) == ["--repo", "x", "--help"]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (ContextError("tenant `x` is unknown"), 1),
        (GitError("no such branch"), 2),
        (StoreError("sealed", hint="unseal it"), 2),
        (RefusedError("the plan is stale"), 4),
        (PermissionError(13, "Permission denied", "a.yaml"), 2),
        (OSError(28, "No space left on device", "b"), 2),
        (MemoryError(), 2),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("x"), 3),
        (ConnectionResetError(104, "reset"), 3),
    ],
)
def test_each_failure_has_its_exit_code_and_no_traceback(
    failure: BaseException, code: int, monkeypatch, capsys, tmp_path
) -> None:
    def fail(args: list[str]) -> int:
        raise failure

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(errors, "_run", fail)
    monkeypatch.setattr(errors, "_drop_stdout", lambda: None)
    assert errors.guarded([]) == code
    shown = capsys.readouterr()
    assert not shown.out
    assert shown.err.startswith("error: ")
    assert "Traceback" not in shown.err
