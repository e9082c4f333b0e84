"""What `build` makes passes its own profile, is the same every time, and touches nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.conftest import git

from pxctl.core.errors import InputError
from pxctl.load.loader import load
from pxctl.load.tree import DictTree
from pxctl.matrix.build import build, render
from pxctl.matrix.check import check
from pxctl.matrix.diff import diff
from pxctl.matrix.profile import contract
from pxctl.model.matrix import MatrixGate, MatrixProfile
from pxctl.report.matrix import check_text, diff_text, show_html, show_markdown, show_text

WHEN = datetime(2026, 11, 1, 10, tzinfo=UTC)
PROFILE = MatrixProfile(
    name="own",
    approval_boundaries=("provider_switch_approved",),
    denied_operations=("provider_switch_allowed",),
    required_routes=("default/all",),
    required_gates=(MatrixGate(gate_id="provider_switch_gate"),),
    denials=("approval of anything",),
    switch_policy_holds=("display only",),
    secret_key_parts=("secret_value",),
)
FILES = {
    "pxctl.yaml": "environments: {production: {}}\nmatrix_profile: matrix-profile.json\n",
    "providers/acme.yaml": (
        "id: acme\ndisplay_name: Acme\nkind: ollama\nstatus: active\n"
        "endpoints: [{region: eu, url: 'http://127.0.0.1:9'}, {region: us, url: 'http://127.0.0.1:8'}]\n"
        "models: [{id: small, price: {input_per_mtok: 0}}, {id: big, price: {input_per_mtok: 1}}]\n"
    ),
    "routing-policies/default.yaml": (
        "name: default\nroutes:\n"
        "  - {name: some, match: {privacy: [public]}, candidates: [acme/small@eu], max_fallbacks: 0}\n"
        "  - {name: all, match: {}, strategy: cheapest, candidates: [acme/small], fallbacks: [acme/big, acme/gone]}\n"
    ),
    "matrix-profile.json": PROFILE.model_dump_json(),
}


def test_routes_say_what_the_files_say() -> None:
    loaded = load(DictTree(FILES, source="c" * 40))
    snapshot = build(loaded, PROFILE, WHEN, {"acme": ["env/production:evidence/acme.json@0123456789ab"]})
    first, second = snapshot["provider_routes"]
    assert first["route_id"] == "default/some"
    assert first["provider_order"] == ["acme/small@eu"]
    assert (first["status"], first["route_gate"]) == ("observed", "provider_switch_gate")
    assert first["fallback_policy"] == "no fallback"
    assert second["provider_order"] == ["acme/small@eu", "acme/small@us", "acme/big@eu", "acme/big@us"]
    assert second["route_gate"] == "paid_provider_call_gate"
    assert second["fallback_policy"].endswith("then acme/big@eu, acme/big@us; at most 3")
    assert second["evidence_refs"][-1] == "env/production:evidence/acme.json@0123456789ab"
    assert snapshot["rollups"]["by_status"] == {"observed": 2}
    assert set(snapshot["operation_boundaries"].items()) == {
        ("provider_switch_allowed", False),
        ("read_only_api_allowed", True),
    }
    assert check(render(snapshot).encode(), "x", PROFILE, strict_too=True).faults == ()


def test_missing_evidence_and_inactive_providers_are_said() -> None:
    files = FILES | {"providers/acme.yaml": FILES["providers/acme.yaml"].replace("active", "draft")}
    snapshot = build(load(DictTree(files)), PROFILE, WHEN, {})
    assert {route["status"] for route in snapshot["provider_routes"]} == {"blocked"}
    assert "no-evidence/acme" in snapshot["rollups"]["source_gap_ids"]
    again = build(load(DictTree(FILES)), PROFILE, WHEN, {})
    assert again["rollups"]["route_ids_requiring_action"] == ["default/some", "default/all"]


def test_a_file_that_cannot_be_used_is_a_gap() -> None:
    snapshot = build(load(DictTree(FILES | {"providers/bad.yaml": "id: [\n"})), PROFILE, WHEN, {})
    assert "unreadable/providers/bad.yaml" in snapshot["rollups"]["source_gap_ids"]


def test_no_route_is_invented_for_somebody_elses_profile() -> None:
    with pytest.raises(InputError, match="does not satisfy the profile `contract`"):
        build(load(DictTree(FILES)), contract(), WHEN, {})


def _tree(root: Path) -> dict[str, str]:
    return {
        str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(root.rglob("*"))
        if file.is_file()
    }


# Runs in a process of its own: every file that Python opens to write, every socket, every module that came in.
_WATCHED = """
import json, os, sys
written, sockets = [], []
def watch(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        written.append(os.fsdecode(args[0]))
    elif event.startswith("socket."):
        sockets.append(event)
    elif event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"):
        written.append(event + " " + os.fsdecode(args[0]))
sys.addaudithook(watch)
sys.dont_write_bytecode = True
from pxctl.app.main import main
try:
    main(sys.argv[1:])
except SystemExit as stop:
    code = stop.code
rooms = sorted({name.split(".")[1] for name in sys.modules if name.startswith("pxctl.") })
sys.stderr.write("\\nWATCHED" + json.dumps([code, written, sockets, rooms]))
"""


def test_build_reads_and_does_nothing_else(make_repo: Callable[..., Path], tmp_path: Path) -> None:
    root = make_repo(FILES)
    (root / "providers/uncommitted.yaml").write_text("not: read\n")
    out = tmp_path / "out"
    out.mkdir()
    before = _tree(root)
    texts = []
    for name in ("a.json", "b.json"):
        done = subprocess.run(
            [sys.executable, "-c", _WATCHED, "matrix", "build", "--repo", str(root), "-o", str(out / name)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "VAULT_ADDR": "http://127.0.0.1:1"},
            check=False,
        )
        code, written, sockets, rooms = json.loads(done.stderr.partition("WATCHED")[2])
        assert code in (0, None), done.stderr
        assert sockets == []
        assert {"secrets", "providers", "probe", "signals", "release"}.isdisjoint(rooms)
        outside = [path for path in written if str(out) not in path and path not in (os.devnull, "/dev/null")]
        assert outside == []
        texts.append((out / name).read_bytes())
    assert texts[0] == texts[1]
    assert _tree(root) == before
    assert sorted(path.name for path in out.iterdir()) == ["a.json", "b.json"]
    snapshot = json.loads(texts[0])
    assert snapshot["generated_at"].startswith("2026-11-01T10:00:00")
    assert snapshot["program_status"]["source"] == git(root, "rev-parse", "HEAD")
    assert check(texts[0], "a.json", PROFILE, strict_too=True).faults == ()


def test_evidence_on_an_environments_branch_is_named(make_repo: Callable[..., Path]) -> None:
    from pxctl.app.flows.matrix import snapshot_of

    root = make_repo(FILES)
    git(root, "checkout", "-q", "--orphan", "env/production")
    git(root, "rm", "-rfq", ".")
    (root / "evidence").mkdir()
    (root / "evidence/acme.json").write_text("{}")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "live")
    git(root, "checkout", "-q", "main")
    snapshot = snapshot_of(root, "HEAD", None)
    refs = snapshot["provider_routes"][0]["evidence_refs"]
    assert any(ref.startswith("env/production:evidence/acme.json@") for ref in refs)
    assert snapshot["rollups"]["by_status"] == {"observed": 2}


def test_diff_pairs_by_id_and_shows_every_change() -> None:
    old = build(load(DictTree(FILES)), PROFILE, WHEN, {})
    policies = FILES["routing-policies/default.yaml"].replace("cheapest", "fastest").replace("name: some", "name: few")
    new = build(load(DictTree(FILES | {"routing-policies/default.yaml": policies})), PROFILE, WHEN, {})
    changes = diff(old, new, "old", "new").changes
    kinds = {(change.kind, change.what, change.id, change.field) for change in changes}
    assert ("removed", "route", "default/some", "") in kinds
    assert ("added", "route", "default/few", "") in kinds
    assert ("changed", "route", "default/all", "current_policy") in kinds
    assert diff(old, old, "a", "a").changes == ()
    assert diff_text(diff(old, old, "a", "a")) == ["no difference"]
    assert any("default/few" in str(line) for line in diff_text(diff(old, new, "old", "new")))


@pytest.mark.parametrize(
    "snapshot", [None, [], {}, {"provider_routes": 4, "operator_contract": []}, {"source_gaps": [1]}]
)
def test_pages_survive_any_shape(snapshot: object) -> None:
    assert show_text(snapshot)
    assert show_markdown(snapshot).startswith("# Route matrix")
    assert "<table>" in show_html(snapshot)
    diff(snapshot, {"provider_routes": [{"route_id": []}, {}]}, "a", "b")


def test_pages_escape_what_they_show() -> None:
    snapshot = {"provider_routes": [{"route_id": "<script>alert(1)</script>|x", "status": "observed"}]}
    assert "<script>" not in show_html(snapshot)
    assert "<script>" not in show_markdown(snapshot)
    assert "\\|x" in show_markdown(snapshot)


def test_the_report_counts_and_names_faults() -> None:
    report = check(b"[]", "m.json", contract())
    assert check_text(report)[0] == "m.json: S1 $: the top level is a list, where an object belongs"
    assert "1 fault in m.json" in check_text(report)[-1][0]


@pytest.mark.skipif(
    shutil.which("pxctl") is None and not Path(sys.executable).with_name("pxctl").exists(), reason="not installed"
)
def test_the_command_answers_with_its_exit_codes(make_repo: Callable[..., Path], tmp_path: Path) -> None:
    pxctl = Path(sys.executable).with_name("pxctl")
    root = make_repo(FILES)

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(pxctl), "matrix", *args], cwd=root, capture_output=True, text=True, check=False)

    built = run("build")
    assert built.returncode == 0, built.stderr
    file = tmp_path / "ai_provider_route_matrix_1.json"
    file.write_text(built.stdout)
    assert run("check", "--strict", "--profile", "repo", str(tmp_path)).returncode == 0
    failed = run("check", "--format", "json", str(file))
    assert failed.returncode == 1
    assert {"rule", "path", "message", "hint"} == set(json.loads(failed.stdout)["faults"][0])
    assert run("check", str(root)).returncode == 2
    assert run("build", "--profile", "contract").returncode == 1
    assert run("show", str(file)).returncode == 0
    assert run("diff", str(file), str(tmp_path)).stdout.strip() == "no difference"
