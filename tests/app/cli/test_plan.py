"""`pxctl plan` as a reviewer's workflow runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import git
from tests.replay.conftest import FILES

POLICY = "routing-policies/default.yaml"


@pytest.fixture
def company(make_repo: Callable[..., Path]) -> Path:
    trace = "timestamp,input_tokens,output_tokens\n" + "".join(
        f"2026-10-01T00:{i // 60:02d}:{i % 60:02d}Z,{500 + i},{20}\n" for i in range(600)
    )
    root = make_repo({**FILES, "trace.csv": trace})
    git(root, "branch", "base")
    return root


def change(root: Path, old: str, new: str) -> None:
    text = (root / POLICY).read_text(encoding="utf-8")
    assert old in text
    (root / POLICY).write_text(text.replace(old, new), encoding="utf-8")


def test_no_change(pxctl: Any, company: Path) -> None:
    (company / POLICY).write_text("# only a comment\n" + FILES[POLICY], encoding="utf-8")
    done = pxctl("plan", "base..", "--trace", "trace.csv", "--detailed-exitcode", cwd=company)
    assert done.returncode == 0, done.stderr
    assert "0 changes in meaning; 0 of 600 decisions change" in done.stdout


def test_a_change_between_commits_and_in_the_work_tree(pxctl: Any, company: Path) -> None:
    change(company, "candidates: [east/big@us, east/big@eu]", "candidates: [east/small@us, east/big@eu]")
    tree = pxctl("plan", "base", "--trace", "trace.csv", "--format", "json", cwd=company)
    git(company, "commit", "-qam", "cheaper")
    commits = pxctl("plan", "base..HEAD", "--trace", "trace.csv", "--format", "json", cwd=company)
    a, b = json.loads(tree.stdout), json.loads(commits.stdout)
    assert a["traffic"] == b["traffic"]
    assert a["head"] == "work tree"
    assert b["head_commit"] == git(company, "rev-parse", "HEAD")
    assert a["traffic"]["changed"] > 0
    assert a["traffic"]["after"]["cost"] < a["traffic"]["before"]["cost"]
    assert [m["path"] for m in a["meaning"]] == ["routes/rest/candidates"]
    text = pxctl("plan", "base..HEAD", "--trace", "trace.csv", "--detailed-exitcode", cwd=company)
    assert text.returncode == 2
    assert "east/big@us" in text.stdout
    assert "for example row" in text.stdout


def test_over_all_requests(pxctl: Any, company: Path) -> None:
    (company / POLICY).write_text("# only a comment\n" + FILES[POLICY], encoding="utf-8")
    same = pxctl("plan", "base..", "--fail-on", "decisions", cwd=company)
    assert same.returncode == 0, same.stderr
    assert "proved: no decision changes, for any request" in same.stdout
    change(company, "candidates: [east/big@us, east/big@eu]", "candidates: [east/small@us, east/big@eu]")
    done = pxctl("plan", "base..", "--fail-on", "decisions", "--format", "json", cwd=company)
    assert done.returncode == 1
    plan = json.loads(done.stdout)
    assert plan["traffic"] is None
    (found,) = plan["proof"]["changes"]
    assert (found["policy"], found["route_before"], found["certain"]) == ("default", "rest", True)
    assert found["example"]["tenant"] in ("acme", "bolt", "cove")
    without = pxctl("plan", "base..", "--no-prove", "--format", "json", cwd=company)
    assert json.loads(without.stdout)["proof"] is None


def test_what_traffic_shows_for_certain(pxctl: Any, company: Path) -> None:
    change(company, "weight: 70", "weight: 69")
    done = pxctl("plan", "base..", "--trace", "trace.csv", "--seed", "3", "--format", "json", cwd=company)
    plan = json.loads(done.stdout)
    (found,) = plan["proof"]["changes"]
    assert found["certain"] is (plan["traffic"]["changed"] > 0 or found["before"] is not None)


def test_thresholds_gate(pxctl: Any, company: Path) -> None:
    change(company, "candidates: [east/big@us, east/big@eu]", "candidates: [west/mid]")
    args = ("plan", "base..", "--trace", "trace.csv", "--fail-on", "cost:+5%", "--fail-on", "changed:1%")
    done = pxctl(*args, cwd=company)
    assert done.returncode == 1
    assert "exceeded" in done.stdout
    assert "kept" in done.stdout
    without = pxctl("plan", "base..", "--fail-on", "cost:+5%", cwd=company)
    assert without.returncode == 2
    assert "--trace" in without.stderr


def test_errors_under_detailed_exitcode_are_1(pxctl: Any, company: Path) -> None:
    for args in (["plan", "nosuch.."], ["plan", "base..", "--trace", "absent.csv"]):
        plain = pxctl(*args, cwd=company)
        detailed = pxctl(*args, "--detailed-exitcode", cwd=company)
        assert (plain.returncode, detailed.returncode) == (2, 1), plain.stderr
        assert plain.stdout == ""


def test_the_comment_fits_and_is_marked(pxctl: Any, company: Path) -> None:
    text = (company / POLICY).read_text(encoding="utf-8")
    routes = "".join(
        f"  - name: extra-{i}\n    match: {{task_type: [task-{i}]}}\n    candidates: [east/small]\n" for i in range(900)
    )
    (company / POLICY).write_text(text.replace("  - name: rest\n", routes + "  - name: rest\n"), encoding="utf-8")
    done = pxctl("plan", "base..", "--trace", "trace.csv", "--format", "markdown", cwd=company)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!-- pxctl plan -->\n")
    assert len(done.stdout) <= 65_536
    assert "900 changes in meaning" in done.stdout
    assert "cut to fit" in done.stdout


def test_counts_of_kinds_in_every_format(pxctl: Any, company: Path) -> None:
    change(company, "candidates: [east/big@us, east/big@eu]", "candidates: [east/small@us, east/big@eu]")
    plan = json.loads(pxctl("plan", "base..", "--format", "json", cwd=company).stdout)
    proof = plan["proof"]
    assert (proof["counted"], proof["pairs"], proof["kinds_changed"]) == (True, 1, proof["changes"][0]["kinds"])
    assert 0 < proof["kinds_changed"] < proof["kinds"]
    words = f"{proof['kinds_changed']:,} of {proof['kinds']:,} kinds of requests"
    for name in ("text", "markdown", "html"):
        assert words in pxctl("plan", "base..", "--format", name, cwd=company).stdout


def test_tenants_that_leave_are_no_proof_that_nothing_changes(pxctl: Any, company: Path) -> None:
    """A roster without a tenant, and one without all: what nobody can send is not 'proved'."""
    roster = company / "tenants/all.yaml"
    text = roster.read_text(encoding="utf-8")
    roster.write_text("\n".join(line for line in text.splitlines() if "cove" not in line) + "\n", encoding="utf-8")
    done = pxctl("plan", "base..", "--fail-on", "decisions", cwd=company)
    assert done.returncode == 1
    assert "requests of tenants that were removed are an error now" in done.stdout
    git(company, "rm", "-q", "-rf", "tenants")
    for side in ("base..", "HEAD.."):
        done = pxctl("plan", side, "--fail-on", "decisions", "--format", "json", cwd=company)
        assert done.returncode == 1
        assert json.loads(done.stdout)["proof"]["limits"] == ["no tenant is on both sides: there is nothing to compare"]


def test_tenants_that_come_change_no_decision(pxctl: Any, company: Path) -> None:
    roster = company / "tenants/all.yaml"
    added = "  - {id: dune, tier: gold, business_line: retail, region: us, privacy_max: internal}\n"
    roster.write_text(roster.read_text(encoding="utf-8") + added, encoding="utf-8")
    done = pxctl("plan", "base..", "--fail-on", "decisions", cwd=company)
    assert done.returncode == 0, done.stdout
    assert "for any request of the tenants that were there before (1 is new)" in done.stdout


def test_a_side_that_cannot_be_read_is_named(pxctl: Any, company: Path) -> None:
    git(company, "checkout", "-q", "-b", "broken")
    (company / POLICY).write_text("name: [\n", encoding="utf-8")
    git(company, "commit", "-qam", "broken")
    git(company, "checkout", "-q", "base")
    for sides in ("base..broken", "broken..base"):
        done = pxctl("plan", sides, cwd=company)
        assert done.returncode == 1
        assert f"{POLICY}:" in done.stderr
        assert "in the files of `broken`" in done.stderr


def test_commits_without_a_common_ancestor(pxctl: Any, company: Path) -> None:
    git(company, "checkout", "-q", "--orphan", "other")
    git(company, "commit", "-qm", "the same files, another history")
    done = pxctl("plan", "base..other", "--fail-on", "decisions", cwd=company)
    assert done.returncode == 0, done.stderr
    assert "0 changes in meaning; proved" in done.stdout
