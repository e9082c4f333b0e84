"""What earlier runs found out about files is never anything else than what this run would find out."""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lint.helpers import BASE, DATA, edit, make_base, spoil

from pxctl.app.flows.lint import Linted, lint_again, lint_whole
from pxctl.app.flows.lint_cache import cache_file
from pxctl.load import loader

EXAMPLES = sorted(path for kind in ("bad", "good") for path in DATA.glob(f"PX*/{kind}"))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return make_base(tmp_path)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were read for their meaning."""
    files: list[str] = []
    real = loader.load_document

    def counting(file: str, kind: str, data: bytes):
        files.append(file)
        return real(file, kind, data)

    monkeypatch.setattr(loader, "load_document", counting)
    return files


def kept(root: Path) -> Path:
    return cache_file(root, ".readings")


def same(one: Linted, other: Linted) -> None:
    assert one.report == other.report
    assert one.texts == other.texts
    assert one.files == other.files


def configuration(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.parts)


def change(root: Path, rng: random.Random) -> str:
    """One change as people and tools make them: an example's files, an edit, a copy, a removal, a new name."""
    files = list(configuration(root))
    path = rng.choice(files)
    what = rng.choice(["example", "example", "revert", "edit", "touch", "copy", "remove", "rename", "swap", "project"])
    if what == "example":
        example = rng.choice(EXAMPLES)
        shutil.copytree(example, root, dirs_exist_ok=True)
        return f"{what} {example.parent.name}/{example.name}"
    if what == "revert":
        shutil.copytree(BASE, root, dirs_exist_ok=True)
    elif what == "edit":
        data = path.read_bytes()
        at = rng.randrange(len(data) + 1)
        path.write_bytes(data[:at] + rng.choice([b"x", b"\n", b": ", b"- ", b'"', b"\x85", b"[", b"7"]) + data[at:])
    elif what == "touch":
        os.utime(path)
    elif what == "copy":
        path.with_name(f"copy-{rng.randrange(3)}{path.suffix}").write_bytes(path.read_bytes())
    elif what == "remove" and len(files) > 3:
        path.unlink()
    elif what == "rename":
        path.rename(path.with_name(rng.choice(["a.yaml", "zz.yaml", "openai-main.yaml", "b.json", "c.yml"])))
    elif what == "swap":
        other = rng.choice([file for file in files if file.parent == path.parent])
        one, two = path.read_bytes(), other.read_bytes()
        path.write_bytes(two)
        other.write_bytes(one)
    elif what == "project" and (root / "pxctl.yaml").is_file():
        lines = [
            "# nothing\n",
            "regions: [eu, us, ap]\n",
            "lint: {rules: {PX0401: off}}\n",
            "privacy_levels: [public]\n",
        ]
        with (root / "pxctl.yaml").open("a") as file:
            file.write(rng.choice(lines))
    return f"{what} {path.name}"


def walk(root: Path, rounds: int, seed: int) -> None:
    rng = random.Random(seed)
    for number in range(rounds):
        done = change(root, rng)
        try:
            same(lint_again(root), lint_whole(root))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, round {number}: {done}") from error


@pytest.mark.parametrize("seed", range(4))
def test_known_or_not_the_findings_are_the_same(root: Path, seed: int) -> None:
    walk(root, 40, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 120))
def test_known_or_not_after_many_changes(root: Path, seed: int) -> None:
    walk(root, 500, seed)


def test_only_what_changed_is_read_again(root: Path, read: list[str]) -> None:
    edit(root, "providers/openai-main.yaml", "default_model: ", "default_model: no-such-")
    edit(root, "scenarios/azure-outage.yaml", "name: ", "nam: ")
    first = lint_again(root)
    assert {"PX0112", "PX0011"} <= {finding.code for finding in first.report.findings}
    assert len(read) == len(first.files) > 5
    read.clear()
    same(lint_again(root), first)
    assert not read
    edit(root, "providers/azure-eu.yaml", "priority: ", "priority: 1")
    lint_again(root)
    (root / "providers/openai-main.yaml").rename(root / "providers/other.yaml")
    lint_again(root)
    assert read == ["providers/azure-eu.yaml", "providers/other.yaml"]


def test_a_change_of_the_project_asks_everything_anew(root: Path, read: list[str]) -> None:
    count = len(lint_again(root).files)
    with (root / "pxctl.yaml").open("a") as file:
        file.write("# \n")
    lint_again(root)
    assert len(read) == 2 * count


def test_who_comes_second_today_may_be_first_tomorrow(root: Path) -> None:
    edit(root, "providers/openai-main.yaml", "default_model: ", "default_model: no-such-")
    shutil.copy(root / "providers/openai-main.yaml", root / "providers/z-second.yaml")
    same(lint_again(root), lint_whole(root))
    (root / "providers/openai-main.yaml").unlink()
    report = lint_again(root)
    same(report, lint_whole(root))
    assert "PX0112" in {finding.code for finding in report.report.findings}


def test_damage_is_never_believed(root: Path) -> None:
    spoil(root)
    wanted = lint_whole(root)
    lint_again(root)
    whole = kept(root).read_bytes()
    assert kept(root).stat().st_mode & 0o077 == 0
    rng = random.Random(5)
    for _ in range(60):
        at = rng.randrange(len(whole))
        kind = rng.randrange(4)
        damaged = (
            whole[:at]
            if kind == 0
            else whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1 :]
            if kind == 1
            else whole[:at] + b"\n" + whole[at:]
            if kind == 2
            else whole[at:]
        )
        kept(root).write_bytes(damaged)
        same(lint_again(root), wanted)
        same(lint_again(root), wanted)


def test_others_files_are_not_used(root: Path, read: list[str]) -> None:
    count = len(lint_again(root).files)
    kept(root).chmod(0o666)
    lint_again(root)
    assert len(read) == 2 * count
    assert kept(root).stat().st_mode & 0o077 == 0
    kept(root).unlink()
    kept(root).mkdir()
    lint_again(root)
    assert len(read) == 3 * count


def test_what_is_of_no_use_any_more_goes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pxctl.app.flows.lint_readings.MANY", 3)
    sizes = []
    for number in range(40):
        with (root / "providers/azure-eu.yaml").open("a") as file:
            file.write(f"# {number}\n")
        same(lint_again(root), lint_whole(root))
        sizes.append(kept(root).stat().st_size)
    assert max(sizes) < 4 * sizes[0]
    assert any(later < earlier for earlier, later in itertools.pairwise(sizes))


def test_a_secret_is_not_copied(root: Path, read: list[str]) -> None:
    key = "sk-proj-" + "Ab3dEf6hIj9kLm2nOp5qRs8tUv1w" * 2
    edit(root, "providers/openai-main.yaml", "metadata: {owner: platform}", f"metadata: {{owner: {key}}}")
    report = lint_again(root)
    assert "PX0201" in {finding.code for finding in report.report.findings}
    kept_files = list(cache_file(root).parent.iterdir())
    assert kept(root) in kept_files
    assert not [file for file in kept_files if key.encode() in file.read_bytes()]
    read.clear()
    same(lint_again(root), report)
    assert read == ["providers/openai-main.yaml"]


def test_bytes_that_are_no_text_have_no_places(root: Path) -> None:
    (root / "releases/production").mkdir(parents=True)
    for name in ("1-a.yaml", "01-b.yaml"):
        (root / "releases/production" / name).write_bytes(b"op: publish\nreason: \xff\n")
    same(lint_again(root), lint_whole(root))
    same(lint_again(root), lint_whole(root))
