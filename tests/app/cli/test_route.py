"""`pxctl route` on a small repository: explained, recorded, made again, refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import git

FILES = {
    "pxctl.yaml": "version: 1\nenvironments: {production: {}}\n",
    "providers/acme-ai.yaml": """\
id: acme-ai
display_name: Acme AI
kind: ollama
status: active
endpoints: [{region: eu, url: "http://127.0.0.1:1"}, {region: us, url: "http://127.0.0.1:2"}]
models:
  - {id: big, context_tokens: 1000, price: {input_per_mtok: 2, output_per_mtok: 4}}
  - {id: small, price: {input_per_mtok: 0.1, output_per_mtok: 0.2}}
compliance: {privacy_max: confidential}
""",
    "routing-policies/default.yaml": """\
name: default
routes:
  - name: eu-only
    match: {privacy: [confidential]}
    constraints: {regions: [eu]}
    candidates: [acme-ai/big]
    fallbacks: [acme-ai/small]
  - {name: rest, match: {privacy: [public]}, strategy: cheapest, candidates: [acme-ai/big, acme-ai/small]}
""",
    "tenants/all.yaml": """\
tenants: [{id: acme, tier: gold, business_line: core, region: eu, privacy_max: restricted}]
""",
}


@pytest.fixture
def repo(make_repo: Callable[..., Path]) -> Path:
    return make_repo(FILES)


def test_explain_says_why(pxctl: Any, repo: Path) -> None:
    done = pxctl(
        "route", "--tenant", "acme", "--privacy", "confidential", "--input-tokens", "1200", "--explain", cwd=repo
    )
    assert done.returncode == 0, done.stderr
    assert "eu-only, the first whose match holds" in done.stdout
    assert "1,200 tokens do not fit the context of 1,000" in done.stdout
    assert "region `us` is not among the route's (eu)" in done.stdout
    assert "no candidate is left; this is a listed fallback" in done.stdout


def test_a_refusal_exits_1(pxctl: Any, repo: Path) -> None:
    done = pxctl("route", "--tenant", "acme", "--privacy", "restricted", cwd=repo)
    assert done.returncode == 1
    assert "no_route" in done.stdout


def test_an_unknown_tenant_is_an_error(pxctl: Any, repo: Path) -> None:
    done = pxctl("route", "--tenant", "nobody", "--privacy", "public", cwd=repo)
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no tenant `nobody`" in done.stderr


def test_a_record_is_made_again_at_its_commit(pxctl: Any, repo: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    asked = ("--tenant", "acme", "--privacy", "public", "--input-tokens", "10", "--trace-id", "t", "--rev", "HEAD")
    assert pxctl("route", *asked, "--format", "json", "--output", str(record), cwd=repo).returncode == 0
    written = json.loads(record.read_text())
    assert written["decision"]["source"] == git(repo, "rev-parse", "HEAD")
    policy = repo / "routing-policies" / "default.yaml"
    policy.write_text(policy.read_text().replace("strategy: cheapest", "strategy: listed"))
    git(repo, "commit", "-aqm", "other")
    again = pxctl("route", "--from-trace", str(record), cwd=repo)
    assert (again.returncode, again.stdout.startswith("identical")) == (0, True), again.stdout
    other = pxctl("route", "--from-trace", str(record), "--rev", "HEAD", "--format", "json", cwd=repo)
    answer = json.loads(other.stdout)
    assert (other.returncode, answer["identical"], answer["schema_version"]) == (1, False, 1)
    assert "primary" in {d["field"] for d in answer["differences"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"), ("[1]", "is not a recorded decision"),
        ('{"decision": {}, "signals": {}}', "is missing"),
    ],
)  # fmt: skip
def test_nonsense_records_are_refused(pxctl: Any, repo: Path, tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "record.json"
    file.write_text(text)
    done = pxctl("route", "--from-trace", str(file), cwd=repo)
    assert done.returncode in (1, 2)
    assert message in done.stderr


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("primary", "acme-ai/big@eu"), ("cost", 5), ("policy_version", "99"), ("policy", "other"), ("tenant", "other"),
        ("candidates", []), ("degraded", True), ("safe_mode", True), ("strategy", "listed"), ("trace_id", "other"),
    ],
)  # fmt: skip
def test_a_record_that_was_edited_is_not_identical(
    pxctl: Any, repo: Path, tmp_path: Path, place: str, value: object
) -> None:
    file = tmp_path / "record.json"
    done = pxctl(
        "route", "--tenant", "acme", "--privacy", "public", "--input-tokens", "10", "--format", "json", cwd=repo
    )
    record = json.loads(done.stdout)
    assert record["decision"][place] != value
    record["decision"][place] = value
    file.write_text(json.dumps(record))
    again = pxctl("route", "--from-trace", str(file), "--format", "json", cwd=repo)
    assert again.returncode == 1
    assert [d["field"] for d in json.loads(again.stdout)["differences"]] == [place]


def test_a_context_file_and_options_join(pxctl: Any, repo: Path, tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps({"tenant": "acme", "privacy": "restricted", "input_tokens": 7}))
    done = pxctl("route", "--context", str(file), "--privacy", "public", "--format", "json", cwd=repo)
    assert json.loads(done.stdout)["context"]["input_tokens"] == 7
    file.write_text(json.dumps({"tenant": "acme", "privacy": "public", "input_tokenz": 7}))
    assert "`input_tokenz` is not a field" in pxctl("route", "--context", str(file), cwd=repo).stderr


def test_live_decides_with_what_was_released_and_is_made_again(pxctl: Any, repo: Path, tmp_path: Path) -> None:
    asked = ("route", "--tenant", "acme", "--privacy", "public", "--input-tokens", "10", "--trace-id", "t", "--live")
    nothing = pxctl(*asked, cwd=repo)
    assert nothing.returncode == 4 and "has no releases yet" in nothing.stderr
    assert pxctl("env", "init", cwd=repo).returncode == 0
    record = tmp_path / "record.json"
    before = pxctl(*asked, "--format", "json", "--output", str(record), cwd=repo)
    assert before.returncode == 0, before.stderr
    decision = json.loads(record.read_text())["decision"]
    assert decision["policy_version"] and decision["source"] == git(repo, "rev-parse", "env/production")

    assert pxctl("safe-mode", "on", "--reason", "vendor incident", cwd=repo).returncode == 0
    after = pxctl(*asked, "--explain", cwd=repo)
    assert after.returncode == 1 and "safe mode" in after.stdout
    again = pxctl("route", "--from-trace", str(record), cwd=repo)
    assert again.returncode == 0, again.stdout + again.stderr
    assert pxctl(*asked, "--rev", "HEAD", cwd=repo).returncode == 2
