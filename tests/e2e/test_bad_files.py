"""Files and disks that are not as they should be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.conftest import clear, snapshot

DEEP = "a: " + "[" * 30_000 + "]" * 30_000 + "\n"
MAIN = [sys.executable, "-c", "from pxctl.app.main import main; main()"]


@pytest.mark.parametrize(
    ("text", "where"),
    [("id: [", ":"), (DEEP, ":1:"), ("id: a\nid: b\n", ":2:1"), ("", ""), ("id: \x00", ":1"), ("- 1\n- 2\n", "")],
    ids=["invalid", "30,000 deep", "a key twice", "empty", "a NUL", "a list"],
)
def test_a_file_that_is_no_configuration(repo: Path, pxctl, text: str, where: str) -> None:
    (repo / "providers" / "odd.yaml").write_text(text)
    before = snapshot(repo)
    done = pxctl("lint", cwd=repo)
    clear(done, 1, f"providers/odd.yaml{where}")
    assert snapshot(repo) == before


def test_a_trace_is_not_replayed_over_broken_files(repo: Path, pxctl) -> None:
    (repo / "routing-policies" / "default.yaml").write_text(DEEP)
    (repo / "trace.csv").write_text("input_tokens,output_tokens\n1,1\n")
    clear(pxctl("simulate", "trace.csv", "--preset", "plain", cwd=repo), 1, "routing-policies/default.yaml")


def test_a_file_that_may_not_be_read(bound, repo: Path) -> None:
    (repo / "providers" / "openai.yaml").chmod(0)
    done = bound("lint", cwd=repo)
    clear(done, 1, "providers/openai.yaml", "permission denied")


@pytest.mark.parametrize(
    "make", [lambda path: os.mkfifo(path), lambda path: path.symlink_to(path)], ids=["fifo", "loop"]
)
def test_a_file_that_is_none(repo: Path, pxctl, make) -> None:
    make(repo / "providers" / "odd.yaml")
    clear(pxctl("lint", cwd=repo), 1, "providers/odd.yaml")


def test_a_disk_that_is_read_only(tmp_path: Path, bound) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    locked.chmod(0o555)
    done = bound("init", "new", cwd=locked)
    clear(done, 2, "permission denied")
    assert list(locked.iterdir()) == []


def test_an_answer_that_cannot_be_written(bound, repo: Path) -> None:
    repo.chmod(0o555)
    done = bound("lint", "--output", "findings.json", "--format", "json", cwd=repo)
    clear(done, 2, "findings.json", "permission denied")
    clear(bound("lint", "--output", "no/such/folder.json", cwd=repo), 2, "no/such")


def test_a_full_disk_behind_stdout(repo: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*MAIN, "lint", "--format", "json"], cwd=repo, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "error: writing the output: no space left on device\n"


def test_a_reader_that_goes_away(repo: Path) -> None:
    process = subprocess.Popen([*MAIN, "lint"], cwd=repo, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        said = process.stderr.read()
    assert process.wait(60) == 141
    assert said == ""


def test_no_repository_at_all(tmp_path: Path, pxctl) -> None:
    clear(pxctl("lint", cwd=tmp_path), 2, "no pxctl.yaml", "pxctl init")
    clear(pxctl("lint", "--repo", "nowhere", cwd=tmp_path), 2, "`nowhere` does not exist")


def test_an_interruption_is_130_and_leaves_nothing(repo: Path, silent_server: int) -> None:
    provider = repo / "providers" / "openai.yaml"
    provider.write_text(provider.read_text().replace("https://api.openai.com", f"http://127.0.0.1:{silent_server}"))
    project = repo / "pxctl.yaml"
    project.write_text(project.read_text().replace("[api.openai.com]", f'["http://127.0.0.1:{silent_server}"]'))
    subprocess.run(["git", "commit", "-qam", "here"], cwd=repo, check=True)
    before = snapshot(repo)
    process = subprocess.Popen(
        [*MAIN, "validate", "openai"], cwd=repo, env={**os.environ, "OPENAI_API_KEY": "correct horse battery"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "Traceback" not in out + err
    assert "correct horse" not in out + err
    assert snapshot(repo) == before


def locked(repo: Path) -> None:
    """Nothing in the repository can be written, git's own files included."""
    for folder in [repo, *(path for path in repo.rglob("*") if path.is_dir())]:
        folder.chmod(0o555)


@pytest.mark.parametrize(
    "words",
    [
        ("env", "init", "production"), ("publish", "--policy", "default", "--direct"), ("rollback", "--reason", "x"),
        ("validate", "openai"), ("init", "new"), ("publish", "--policy", "default", "--request"),
    ],
    ids=lambda words: "-".join(words[:2]),
)  # fmt: skip
def test_a_verb_that_writes_on_a_read_only_disk(repo: Path, bound, words: tuple[str, ...], monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "correct horse battery")
    before = snapshot(repo)
    locked(repo)
    done = bound(*words, cwd=repo)
    assert done.returncode in (2, 4)
    clear(done, done.returncode, "error: ")
    assert done.stderr.count("error: ") == 1
    assert snapshot(repo) == before


@pytest.mark.parametrize("words", [("lint",), ("status",), ("doctor",), ("plan", "HEAD..")], ids=lambda words: words[0])
def test_a_verb_that_reads_on_a_read_only_disk(repo: Path, bound, words: tuple[str, ...]) -> None:
    locked(repo)
    done = bound(*words, cwd=repo)
    clear(done, 1 if words == ("doctor",) else 0)
