from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pxctl.app import crash, errors
from pxctl.core.secret import Secret


def broken(value: str) -> None:
    raise RuntimeError(f"vendor said: bad key {value}")


def log_of(shown: str) -> Path:
    return Path(shown.split("the traceback is in ")[1].split("\n")[0])


def test_a_bug_is_exit_3_with_its_traceback_in_a_file_for_its_owner_alone(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "pxctl.yaml").write_text("environments: {}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(errors, "_run", lambda args: broken("x"))
    assert errors.guarded([]) == 3
    path = log_of(capsys.readouterr().err)
    assert path.parent == tmp_path / ".pxctl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "RuntimeError: vendor said" in path.read_text()
    assert "in broken" in path.read_text()
    assert (tmp_path / ".pxctl" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("source", ["secret", "environment", "shape"])
def test_neither_log_nor_message_holds_a_secret(source: str, tmp_path, monkeypatch, capsys) -> None:
    value = "sk-live-0123456789abcdefABCDEF" if source == "shape" else "correct horse battery"
    if source == "environment":
        monkeypatch.setenv("SOME_API_KEY", value)
    elif source == "secret":
        Secret(value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(errors, "_run", lambda args: broken(value))
    assert errors.guarded([]) == 3
    shown = capsys.readouterr().err
    assert "vendor said" in shown
    assert value not in shown
    assert value not in log_of(shown).read_text()


def test_the_log_goes_elsewhere_where_the_repository_is_read_only(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocked = tmp_path / ".pxctl"
    blocked.write_text("a file where the folder should be")
    (tmp_path / "pxctl.yaml").write_text("x")
    path = crash.write_log(ValueError("x"))
    assert path is not None
    assert path.parent == Path(os.environ["XDG_CACHE_HOME"]) / "pxctl"
