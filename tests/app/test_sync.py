"""`pxctl sync`, from a repository with an environment branch to real targets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.app.inprocess import run as pxctl
from tests.conftest import git
from tests.release.targets.service import Service

from pxctl.app.flows.release import Desk
from pxctl.app.flows.sync import live_state, sync
from pxctl.app.wiring import state_folder
from pxctl.signals.journal import Journal

FILES = {
    "providers/local.yaml": """
id: local
display_name: Local
kind: ollama
status: active
endpoints: [{region: eu, url: "http://127.0.0.1:9"}]
models: [{id: m}]
""",
    "routing-policies/default.yaml": """
name: default
routes: [{name: all, match: {}, candidates: [local/m]}]
""",
    "tenants/all.yaml": """
tenants:
  - {id: acme, tier: gold, business_line: retail, region: eu, privacy_max: public}
  - {id: beta, tier: free, business_line: retail, region: eu, privacy_max: public}
""",
    "feature_flags/provider.yaml": """
flags:
  model-provider-registry:
    state: ENABLED
    variants: {released: true, withheld: false}
    defaultVariant: released
    targeting: {if: [{"==": [{var: tier}, free]}, withheld, released]}
  routing-safe-mode:
    state: ENABLED
    variants: {"on": true, "off": false}
    defaultVariant: "off"
    targeting: {if: [{"==": [{var: tenant}, beta]}, "on", "off"]}
""",
}


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service("tok-abcdefgh12345678")
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def repo(make_repo: Callable[..., Path], service: Service, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = f"""
environments: {{production: {{targets: [service, rendered, flagd]}}}}
targets:
  service: {{kind: http, url: "{service.url}", credential_ref: "env://SYNC_TOKEN"}}
  rendered: {{kind: directory, path: out/rendered}}
  flagd: {{kind: flags, path: out/flagd}}
credential_grants: [{{ref: "env://SYNC_TOKEN", hosts: ["127.0.0.1"]}}]
"""
    root = make_repo({"pxctl.yaml": project, **FILES})
    monkeypatch.setenv("SYNC_TOKEN", "tok-abcdefgh12345678")
    return root


def desk(root: Path) -> Desk:
    return Desk(root, "production")


def begin(root: Path) -> None:
    done = pxctl("env", "init", "production", cwd=root)
    assert done.returncode == 0, done.stderr


def test_from_a_release_to_three_targets(repo: Path, service: Service) -> None:
    begin(repo)
    done = pxctl("sync", "--env", "production", "--dry-run", "--format", "json", cwd=repo)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["schema_version"] == 1
    assert service.tenants == {}
    done = pxctl("sync", cwd=repo)
    assert done.returncode == 0, done.stderr
    assert "in sync" in done.stdout
    config = service.tenants["acme"]["config"]
    assert config["pins"] == {"policies": {"default": 1}, "providers": {"local": 1}, "flags": 1}
    assert config["providers"]["local"]["kind"] == "ollama"
    assert (config["withheld"], config["safe_mode"]) == ([], False)
    beta = service.tenants["beta"]["config"]
    assert (beta["withheld"], beta["safe_mode"], beta["roster"]["tier"]) == (["local"], True, "free")
    rendered = json.loads((repo / "out/rendered/production/tenants/beta.json").read_text())
    assert rendered["config"] == beta
    flags = json.loads((repo / "out/flagd/production/flags.json").read_text())
    assert set(flags["flags"]) == {"model-provider-registry", "routing-safe-mode"}
    assert "tok-abcdefgh" not in json.dumps(service.tenants) + done.stdout + done.stderr
    assert sync(desk(repo)).exit_code == 0


def test_a_target_that_is_down_is_in_the_journal_and_catches_up(
    repo: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pxctl.release.rest.BASE_S", 0.001)
    begin(repo)
    sync(desk(repo))
    held = dict(service.tenants)
    text = (repo / "tenants/all.yaml").read_text().replace("{id: beta", "{id: zeta")
    (repo / "tenants/all.yaml").write_text(text)
    git(repo, "commit", "-qam", "beta leaves, zeta comes")
    done = pxctl("publish", "--env", "production", "--roster", "--direct", "--reason", "change", cwd=repo)
    assert done.returncode == 0, done.stderr
    service.down = True
    report = sync(desk(repo))
    assert report.exit_code == 2
    by_name = {t.target: t for t in report.targets}
    assert (by_name["service"].state, by_name["service"].refused, by_name["service"].kept) == ("down", ("zeta",), 2)
    assert by_name["rendered"].state == "in_sync"
    assert service.tenants == held
    events = [e for e in Journal(state_folder(repo) / "journal.jsonl").read() if e["event"] == "target.out_of_sync"]
    assert [(e["target"], e["refused"], e["state"]) for e in events] == [("service", 1, "down")]
    service.down = False
    after = {t.target: t for t in sync(desk(repo)).targets}["service"]
    assert (after.state, after.created, after.deleted) == ("in_sync", ("zeta",), ("beta",))
    assert set(service.tenants) == {"acme", "zeta"}


def test_a_token_without_a_grant_is_not_sent(repo: Path, service: Service) -> None:
    begin(repo)
    text = (repo / "pxctl.yaml").read_text().replace('hosts: ["127.0.0.1"]', "hosts: [config.example.test]")
    (repo / "pxctl.yaml").write_text(text)
    git(repo, "commit", "-qam", "another grant")
    report = {t.target: t for t in sync(desk(repo)).targets}["service"]
    assert report.state == "down"
    assert service.orders == []


def test_nothing_to_sync_to_is_no_success(make_repo: Callable[..., Path]) -> None:
    root = make_repo({"pxctl.yaml": "environments: {production: {}}\n", **FILES})
    begin(root)
    done = pxctl("sync", cwd=root)
    assert done.returncode == 2
    assert "has no targets" in done.stderr


def test_the_same_release_has_the_same_digests(repo: Path) -> None:
    begin(repo)
    one, two = live_state(desk(repo)), live_state(desk(repo))
    assert {t: v.digest for t, v in one.tenants.items()} == {t: v.digest for t, v in two.tenants.items()}
    assert len({v.digest for v in one.tenants.values()}) == 2
