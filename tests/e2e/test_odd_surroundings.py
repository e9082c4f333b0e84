"""Terminals, streams and folders that are not as they should be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.conftest import clear

MAIN = [sys.executable, "-c", "from pxctl.app.main import main; main()"]


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_a_closed_stream_is_no_bug(repo: Path, closed: str) -> None:
    for words, code in (("lint", 0), ("nonsense", 2), ("--version", 0)):
        line = f'exec "$@" {words} {closed}'
        done = subprocess.run(["sh", "-c", line, "sh", *MAIN], cwd=repo, capture_output=True, text=True, check=False)
        assert done.returncode == code, (words, done.stderr)
        assert "bug" not in done.stderr


def test_characters_that_a_stream_cannot_encode_are_escaped(repo: Path) -> None:
    (repo / "providers" / "openai.yaml").write_text("id: openai\ndisplay_name: Größe → 日本\nkind: [")
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([*MAIN, "lint"], cwd=repo, env=env, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stdout.isascii()
    done = subprocess.run([*MAIN, "lint", "--format", "json"], cwd=repo, env=env, capture_output=True, check=False)
    assert json.loads(done.stdout)["findings"]


def test_a_folder_that_was_removed_while_we_stood_in_it(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = f'rmdir "{gone}" && exec "$@" lint'
    done = subprocess.run(["sh", "-c", line, "sh", *MAIN], cwd=gone, capture_output=True, text=True, check=False)
    clear(done, 2, "the current folder does not exist any more")


def test_a_file_name_that_is_no_utf_8(repo: Path, pxctl) -> None:
    (repo / os.fsdecode(b"providers/caf\xe9.yaml")).write_text("id: [")
    done = pxctl("lint", cwd=repo)
    clear(done, 1, "providers/caf")
    assert json.loads(pxctl("lint", "--format", "json", cwd=repo).stdout)["findings"]


@pytest.mark.parametrize("columns", ["1", "20", "0", "rubbish"])
def test_a_terminal_of_any_width(repo: Path, pxctl, columns: str, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    clear(pxctl("--help", cwd=repo), 0, "lint")
    clear(pxctl("doctor", "--offline", cwd=repo), 0, "git")


def test_control_characters_in_a_message_do_not_reach_the_terminal(repo: Path, pxctl) -> None:
    done = pxctl("validate", "a\x1b[31mb\x07", cwd=repo)
    clear(done, 2, "error: ")
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr
