from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from pxctl.app.cli.options import Format, Output, confirm, find_root, write_atomically
from pxctl.core.errors import UsageError


def test_the_root_is_the_nearest_folder_upwards(tmp_path, monkeypatch) -> None:
    (tmp_path / "pxctl.yaml").touch()
    inner = tmp_path / "providers" / "deep"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert find_root(None) == tmp_path.resolve()
    assert find_root(tmp_path) == tmp_path.resolve()
    with pytest.raises(UsageError, match="holds no pxctl"):
        find_root(inner)
    with pytest.raises(UsageError, match="does not exist"):
        find_root(tmp_path / "nowhere")


def test_no_root_says_how_to_get_one(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        find_root(None)
    assert "pxctl init" in str(caught.value.hint)


def test_a_file_is_written_whole_or_not_at_all(tmp_path) -> None:
    target = tmp_path / "out.json"
    target.write_text("before")
    target.chmod(0o640)
    with pytest.raises(UnicodeEncodeError):
        write_atomically(target, "half \udcff")
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]
    write_atomically(target, "after\n")
    assert target.read_text() == "after\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_is_followed_and_a_device_written_through(tmp_path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("x")
    link.symlink_to(real)
    write_atomically(link, "y")
    assert link.is_symlink()
    assert real.read_text() == "y"
    write_atomically(Path(os.devnull), "z")


@pytest.mark.parametrize("name", ["missing/out.json", "."])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name: str) -> None:
    with pytest.raises(UsageError):
        write_atomically(tmp_path / name, "x")


def test_answers_and_messages_do_not_mix(capsys, tmp_path) -> None:
    out = Output(verbose=True)
    out.answer({"a": 1}, Format.JSON, lambda _: "unused")
    out.note("a message")
    out.detail("a detail")
    shown = capsys.readouterr()
    assert shown.out == '{\n  "schema_version": 1,\n  "a": 1\n}\n'
    assert shown.err == "a message\na detail\n"
    quiet = Output(tmp_path / "a.txt", quiet=True)
    quiet.answer({"a": 1}, Format.TEXT, lambda value: f"a is {value['a']}")
    quiet.note("a message")
    with quiet.progress("work", 2) as step:
        step.advance()
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "a.txt").read_text() == "a is 1\n"


def test_nobody_is_asked_without_a_terminal(monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    confirm("really?", yes=True)
    with pytest.raises(UsageError) as caught:
        confirm("really?", yes=False)
    assert "--yes" in str(caught.value.hint)
