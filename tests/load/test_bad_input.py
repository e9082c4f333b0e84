"""What a hostile or broken tree can hold: one clear finding each, quickly, and never a crash."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pxctl.core.errors import GitError, UsageError
from pxctl.load.git import run_git
from pxctl.load.loader import load
from pxctl.load.tree import CommitTree, DictTree, Tree, UnreadableError, WorkTree
from pxctl.model.finding import Finding

PROJECT = "environments: {production: {}}\n"


def findings(tree: Tree) -> list[Finding]:
    return [f for f in load(tree).findings if f.span.file != "pxctl.yaml"]


def of_text(text: str | bytes) -> list[Finding]:
    return findings(DictTree({"pxctl.yaml": PROJECT, "scenarios/a.yaml": text}))


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)
MERGES = "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 9))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 30_000, "PX0006"),
        ("{a: " * 15_000, "PX0006"),
        ("- " * 30_000, "PX0006"),
        ("a: " + "[" * 30_000 + "]" * 30_000, "PX0006"),
        (BOMB, "PX0006"),
        (MERGES, "PX0003"),
        ("a: " + "9" * 20_000, "PX0006"),
        ("a: 1e999", "PX0006"),
        ("a: &a [*a]", "PX0006"),
        ("a: &x 1\nb: [" + "*x, " * 1500 + "]", "PX0006"),
        ("name: a\0b", "PX0007"),
        ("name: a".encode("utf-16"), "PX0007"),
        ("name: a".encode("utf-16-le"), "PX0007"),
        ("name: a".encode("utf-32"), "PX0007"),
        (b"name: \xff\xfe", "PX0007"),
        (b"\xef\xbb\xbfname: a", "PX0007"),
        ("name: \x1b[31mred", "PX0007"),
        ("", "PX0010"),
        ("just text", "PX0010"),
        ("---\n---\n", "PX0005"),
        ("%YAML 1.1\n---\na: b", "PX0004"),
        ("a: *missing", "PX0001"),
        ("? [a]\n: b", "PX0009"),
        ("a: b: c", "PX0001"),
        ("\t- a", "PX0001"),
        ("a: 'x", "PX0001"),
        ("x" * (1024 * 1024 + 1), "PX0006"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_texts(text: str | bytes, code: str) -> None:
    found = of_text(text)
    assert code in {f.code for f in found}, found
    assert len(found) < 70
    assert all(len(f.message) < 400 for f in found)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 30_000, "PX0006"),
        ('{"a": ' + "9" * 20_000 + "}", "PX0006"),
        ('{"a": NaN}', "PX0006"),
        ('{"a": 1e999}', "PX0006"),
        ('{"a": 1, "a": 2}', "PX0002"),
        ('{"a": 1,}', "PX0001"),
        ("{a: 1}", "PX0001"),
        ("", "PX0001"),
        ('{"a": ' * 70 + "1" + "}" * 70, "PX0006"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_json_texts(text: str, code: str) -> None:
    found = findings(DictTree({"pxctl.yaml": PROJECT, "scenarios/a.json": text}))
    assert [f.code for f in found] == [code], found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "repo" / "scenarios").mkdir(parents=True)
    (tmp_path / "repo" / "pxctl.yaml").write_text(PROJECT)
    return tmp_path / "repo"


def test_fifo(root: Path) -> None:
    os.mkfifo(root / "scenarios" / "pipe.yaml")
    (found,) = findings(WorkTree(root))
    assert (found.code, found.message) == ("PX0008", "this is not a regular file")


def test_device(root: Path) -> None:
    (root / "scenarios" / "zero.yaml").symlink_to("/dev/zero")
    (found,) = findings(WorkTree(root))
    assert found.code == "PX0008"


def test_links(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text("name: outside\n")
    here = root / "scenarios"
    (here / "good.yaml").write_text("name: good\n")
    (here / "inside.yaml").symlink_to("good.yaml")
    (here / "leak.yaml").symlink_to(tmp_path / "outside.yaml")
    (here / "loop.yaml").symlink_to("loop.yaml")
    (here / "gone.yaml").symlink_to("nowhere.yaml")
    found = {f.span.file: f.message for f in findings(WorkTree(root)) if f.code == "PX0008"}
    assert found == {
        "scenarios/gone.yaml": "the link leads nowhere: no such file or directory",
        "scenarios/leak.yaml": "the link leaves the repository",
        "scenarios/loop.yaml": "the link points to itself",
    }


def test_a_folder_that_leads_out(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "p.yaml").write_text("id: p\n")
    (root / "providers").symlink_to(tmp_path / "elsewhere")
    (found,) = findings(WorkTree(root))
    assert (found.code, found.span.file) == ("PX0008", "providers/p.yaml")


def test_huge_sparse_file(root: Path) -> None:
    with (root / "scenarios" / "big.yaml").open("wb") as file:
        file.truncate(1024**3)
    (found,) = findings(WorkTree(root))
    assert found.code == "PX0006"
    assert "1,073,741,824 bytes" in found.message


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_unreadable(root: Path) -> None:
    (root / "scenarios" / "a.yaml").write_text("name: a\n")
    (root / "scenarios" / "a.yaml").chmod(0)
    (found,) = findings(WorkTree(root))
    assert (found.code, found.message) == ("PX0008", "the file cannot be read: permission denied")


def test_a_file_that_changes_while_it_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = root / "scenarios" / "a.yaml"
    path.write_text("name: a\n")
    real = os.read

    def growing(handle: int, count: int) -> bytes:
        data = real(handle, count)
        if data.startswith(b"name"):
            with path.open("a") as file:
                file.write("# more\n")
        return data

    monkeypatch.setattr("pxctl.load.tree.os.read", growing)
    with pytest.raises(UnreadableError, match="keeps changing"):
        WorkTree(root).read("scenarios/a.yaml")


def test_names_that_terminals_would_obey(root: Path) -> None:
    (root / "scenarios" / "a\x1b[31m\n.yaml").write_text("name: b\n")
    for found in load(WorkTree(root)).findings:
        assert found.span.file.isprintable()


def test_not_a_directory(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a directory"):
        WorkTree(tmp_path / "missing")


def test_commit_tree(make_repo: Callable[..., Path]) -> None:
    root = make_repo({"pxctl.yaml": PROJECT, "scenarios/ünder one.yaml": "name: a\n", "src/other.yaml": "x"})
    (root / "pxctl.yaml").unlink()
    tree = CommitTree(root, "HEAD")
    assert tree.paths() == ["pxctl.yaml", "scenarios/ünder one.yaml"]
    assert tree.read("pxctl.yaml").decode() == PROJECT
    assert tree.source is not None and len(tree.source) == 40
    assert not load(tree).findings
    with pytest.raises(UnreadableError, match="no such file in this commit"):
        tree.read("nope.yaml")


def test_git_refusals(make_repo: Callable[..., Path], tmp_path: Path) -> None:
    root = make_repo({"a": "b"})
    for rev in ("nope", "--upload-pack=x", "", "HEAD^{tree}"):
        with pytest.raises(GitError, match="is not a commit"):
            CommitTree(root, rev)
    empty = tmp_path / "plain"
    empty.mkdir()
    with pytest.raises(GitError, match="is not in a git repository"):
        CommitTree(empty, "HEAD")
    with pytest.raises(GitError, match="is not a directory"):
        run_git(["status"], tmp_path / "missing")


def test_inherited_git_variables_do_not_lead_elsewhere(
    make_repo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = make_repo({"a": "1"}, "one"), make_repo({"a": "2"}, "two")
    monkeypatch.setenv("GIT_DIR", str(two / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(two))
    assert run_git(["show", "HEAD:a"], one) == b"1"


def test_the_compiled_loader_never_sees_what_could_crash_it() -> None:
    """In a process of its own: a crash would be an exit by signal."""
    code = (
        "from pxctl.load.loader import load; from pxctl.load.tree import DictTree\n"
        "for t in ('['*30000, '{a: '*20000, '- '*40000, 'a: '+'['*9999+']'*9999, '&a '*9999, '!'*9999, '\\'' * 9999):\n"
        "    assert load(DictTree({'scenarios/a.yaml': t})).findings\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()[-500:]
