"""The command as users run it: exit codes, paths, fixes, what changed, the cache, watch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import git
from tests.lint.helpers import BASE, edit, make_base, run, spoil

from pxctl.app.flows.lint_cache import cache_file, signature
from pxctl.app.flows.watch_files import watch


def test_clean_is_0_and_errors_are_1(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    done = run(root, "lint")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("no findings (10 files, ")
    spoil(root)
    assert run(root, "lint").returncode == 1
    assert run(root, "lint", "providers/azure-eu.yaml").returncode == 0


def test_warnings_alone_are_0(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    edit(root, "providers/openai-main.yaml", "rotation: {every: 90d, warn_before: 14d}\n", "")
    done = run(root, "lint", "--format", "json")
    assert done.returncode == 0
    assert [f["code"] for f in json.loads(done.stdout)["findings"]] == ["PX0211"]


@pytest.mark.parametrize(
    "args", [("nothing.yaml",), ("../elsewhere",), ("--repo", "missing"), ("--changed-since", "nope")]
)
def test_what_cannot_be_looked_at_is_2(args: tuple[str, ...], tmp_path: Path) -> None:
    root = make_base(tmp_path)
    done = run(root, "lint", *args)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")


def test_an_empty_folder_is_2(tmp_path: Path) -> None:
    assert run(tmp_path, "lint").returncode == 2


def test_one_file_outside_any_repository(tmp_path: Path) -> None:
    file = tmp_path / "providers" / "azure-eu.yaml"
    file.parent.mkdir()
    file.write_bytes((BASE / "providers" / "azure-eu.yaml").read_bytes())
    assert run(tmp_path, "lint", "providers/azure-eu.yaml").returncode == 0
    file.write_text(file.read_text().replace("status: active", "status: activ"))
    done = run(tmp_path, "lint", str(file))
    assert done.returncode == 1
    assert "PX0014" in done.stdout


def test_fix_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    path = root / "providers" / "openai-main.yaml"
    text = path.read_text()
    marks = text.replace("priority: 20", 'priority:   "20"    # keep  me').replace("status: active", "'status': active")
    spoilt = marks.replace("display_name:", "displayName:").replace(
        "fallback_models: [gpt-4.1-mini]", "fallback_models: [ gpt-4.1,  gpt-4.1-mini ] # two"
    )
    path.write_bytes(spoilt.replace("\n", "\r\n").encode())
    before = path.read_bytes()
    diff = run(root, "lint", "--diff")
    assert path.read_bytes() == before
    assert diff.returncode == 1
    assert "-displayName:" in diff.stdout and "+display_name:" in diff.stdout
    done = run(root, "lint", "--fix")
    assert done.returncode == 0, done.stdout
    want = spoilt.replace("displayName:", "display_name:").replace('priority:   "20"', "priority:   20")
    want = want.replace("[ gpt-4.1,  gpt-4.1-mini ]", "[ gpt-4.1-mini ]")
    assert path.read_bytes() == want.replace("\n", "\r\n").encode()
    assert run(root, "lint", "--diff").returncode == 0


def test_changed_since(make_repo: Callable[..., Path]) -> None:
    files = {p.relative_to(BASE).as_posix(): p.read_text() for p in BASE.rglob("*.yaml")}
    root = make_repo(files)
    edit(root, "providers/azure-eu.yaml", "rotation: {every: 90d, warn_before: 14d}\n", "")
    git(root, "commit", "-qam", "old fault")
    assert run(root, "lint", "--changed-since", "HEAD", "--format", "json").stdout.count('"code"') == 0
    edit(root, "providers/ollama-local.yaml", "status: active", "status: draft")
    done = run(root, "lint", "--changed-since", "HEAD", "--format", "json")
    found = {(f["code"], f["span"]["file"]) for f in json.loads(done.stdout)["findings"]}
    assert ("PX0524", "routing-policies/default.yaml") in found, "what depends on the change is looked at too"
    assert not any(file == "providers/azure-eu.yaml" for _code, file in found)
    assert ("PX0211", "providers/azure-eu.yaml") in {
        (f["code"], f["span"]["file"])
        for f in json.loads(run(root, "lint", "--changed-since", "HEAD~1", "--format", "json").stdout)["findings"]
    }


def test_output_file_and_formats(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    spoil(root)
    for name in ("json", "sarif", "github", "junit", "markdown", "text"):
        done = run(root, "lint", "--format", name, "--output", "out.txt")
        assert done.returncode == 1
        assert done.stdout == ""
        assert "PX0206" in (root / "out.txt").read_text()
    assert "PX0206" in run(root, "lint", "--statistics").stdout


def test_cache(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    spoil(root)
    old = time.time() - 60
    for path in root.rglob("*.yaml"):
        os.utime(path, (old, old))
    first = run(root, "lint", "--format", "json")
    kept = cache_file(root)
    assert kept.is_file()
    assert kept.stat().st_mode & 0o077 == 0
    assert run(root, "lint", "--format", "json").stdout == first.stdout
    for damage in (b"", b"{", b"[]", b'{"format": "pxctl-lint-3", "key": 3}', b"\xff" * 100, b"[" * 100_000):
        kept.write_bytes(damage)
        again = run(root, "lint", "--format", "json")
        assert (again.returncode, again.stdout, again.stderr) == (1, first.stdout, "")
    kept.chmod(0o666)
    assert run(root, "lint", "--format", "json").stdout == first.stdout
    edit(root, "scenarios/azure-outage.yaml", "name: azure-outage", "name: azure-outag")
    assert "PX0016" in run(root, "lint").stdout


def test_a_poisoned_cache_of_another_key_is_not_used(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    spoil(root)
    run(root, "lint")
    kept = cache_file(root)
    value = json.loads(kept.read_text())
    value["report"]["findings"] = []
    value["key"] = "0" * 64
    kept.write_text(json.dumps(value))
    assert run(root, "lint").returncode == 1


def test_a_cache_that_cannot_be_written_is_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_base(tmp_path)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert run(root, "lint").returncode == 0


def test_signature_sees_a_change_of_the_same_size_and_time(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    path = root / "scenarios" / "azure-outage.yaml"
    state = path.stat()
    before = signature(root)
    path.write_text(path.read_text().replace("0.9", "0.8"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert signature(root) != before


def test_watch_lints_again_after_a_save(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    calls: list[int] = []

    def act() -> None:
        calls.append(1)
        if len(calls) == 1:
            edit(root, "scenarios/azure-outage.yaml", "0.9", "0.85")

    watch(root, act, interval=0.01, rounds=4)
    assert len(calls) == 2


def test_a_watch_outlives_a_moment_without_the_file(tmp_path: Path) -> None:
    """Editors write beside a file and rename; in between there is nothing to lint."""
    root = make_base(tmp_path)
    file = root / "providers" / "azure-eu.yaml"
    command = [sys.executable, "-c", "from pxctl.app.main import main; main()", "lint", "--watch", str(file)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        try:
            next(line for line in lines if "no findings" in line)
            file.rename(root / "aside")
            assert "no file matched" in next(line for line in lines if "error: " in line)
            (root / "aside").write_text((root / "aside").read_text().replace("status: active", "status: activ"))
            (root / "aside").rename(file)
            assert "PX0014" in next(line for line in lines if "error PX" in line)
        finally:
            process.terminate()


def test_explain(tmp_path: Path) -> None:
    done = run(tmp_path, "explain", "px0101")
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("PX0101 unknown-provider", "Why:", "Example:", "Fix:"))
    assert run(tmp_path, "explain", "unknown-provider").stdout == done.stdout
    wrong = run(tmp_path, "explain", "unknown-povider")
    assert wrong.returncode == 2
    assert "unknown-provider" in wrong.stderr


def test_schema(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path, "schema", "provider").stdout)["title"] == "Provider"
    assert run(tmp_path, "schema", "--write", "out").returncode == 0
    assert len(list((tmp_path / "out").iterdir())) == 9
    assert run(tmp_path, "schema", "povider").returncode == 2


def test_the_sample_repository_is_clean() -> None:
    done = run(Path(__file__).parents[2], "lint", "--no-cache", "--format", "json")
    assert [(f["code"], f["span"]["file"]) for f in json.loads(done.stdout)["findings"]] == []


def test_a_file_with_a_secret_and_a_fix_is_in_no_cache(tmp_path: Path) -> None:
    root = make_base(tmp_path)
    key = "sk-proj-" + "Ab3dEf6hIj9kLm2nOp5qRs8tUv1w" * 2
    edit(root, "providers/openai-main.yaml", "metadata: {owner: platform}", f"metadata: {{owner: {key}}}")
    edit(root, "providers/openai-main.yaml", "display_name:", "displayname:")
    found = json.loads(run(root, "lint", "--format", "json").stdout)["findings"]
    assert "PX0201" in {finding["code"] for finding in found} and any(finding["fix"] for finding in found)
    for file in cache_file(root).parent.glob("*"):
        assert key.encode() not in file.read_bytes()
