"""`pxctl secret` as operators run it, against a real OpenBao and a real mock endpoint."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import git
from tests.repos import provider_yaml, pxctl
from tests.secrets.conftest import Bao
from tests.servers import RawServer, http, raw_server

from pxctl.app.flows.validate import Request, _live
from pxctl.signals.journal import Journal

OLD, NEW, WRONG = "canary-old-0123456789", "canary-new-9876543210", "canary-wrong-55555555"
OK = {
    "model": "gpt-4.1-mini", "choices": [{"message": {"content": "ready"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1},
}  # fmt: skip


@pytest.fixture
def endpoint() -> Iterator[RawServer]:
    """Answers those who bring the old or the new key."""

    def answer(connection, request: bytes) -> None:
        known = any(f"Bearer {key}".encode() in request for key in (OLD, NEW))
        denied = (
            '{"error": {"message": "Incorrect API key provided: canary-wrong-5555****", "code": "invalid_api_key"}}'
        )
        connection.sendall(http("200 OK", json.dumps(OK)) if known else http("401 Unauthorized", denied))

    with raw_server(answer) as server:
        yield server


@pytest.fixture
def repo(make_repo: Callable[..., Path], bao: Bao, endpoint: RawServer) -> Path:
    name = uuid.uuid4().hex[:8]
    project = (
        "version: 1\nenvironments: {production: {}}\n"
        f'credential_grants: [{{ref: "vault://secret/{{environment}}/{name}", hosts: ["127.0.0.1"]}}]\n'
        f'secret_stores: {{vault: {{address: "{bao.url}", timeout_ms: 30000}}}}\n'
    )
    ref = f"vault://secret/{{environment}}/{name}/p#api_key"
    free = provider_yaml("free", endpoint.url, secret_policy="none", credential_ref=None)
    return make_repo(
        {
            "pxctl.yaml": project,
            "providers/p.yaml": provider_yaml(
                "p", endpoint.url, credential_ref=ref, rotation={"every": "90d", "warn_before": "14d"}
            ),
            "providers/free.yaml": free,
        },
        name,
    )


def run(repo: Path, *args: str, stdin: str | None = None, **env: str):
    done = pxctl(repo, *args, stdin=stdin, env={"VAULT_TOKEN": "root", **env})
    for value in (OLD, NEW, WRONG):
        assert value not in done.stdout + done.stderr and value[:12] not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr and done.returncode != 3, done.stderr
    return done


def journal(repo: Path) -> list[dict]:
    return list(Journal(repo / ".pxctl" / "journal.jsonl").read())


def test_set_status_check_validate(repo: Path) -> None:
    assert run(repo, "secret", "status", "p").returncode == 1
    done = run(repo, "secret", "set", "p", stdin=OLD + "\n")
    assert done.returncode == 0 and "the secret of p is stored, version 1" in done.stdout
    status = json.loads(run(repo, "secret", "status", "--format", "json").stdout)
    by_name = {one["provider"]: one for one in status["secrets"]}
    assert by_name["free"]["state"] == "not_needed"
    mine = by_name["p"]
    assert (mine["state"], mine["secret_present"], mine["version"]) == ("ok", True, "1")
    assert mine["secret_touched_by"] == "ada@example.test" and mine["due_at"] and mine["age_days"] < 1
    assert "no secret required" in run(repo, "secret", "status").stdout
    check = run(repo, "secret", "check", "p")
    assert check.returncode == 0 and "readable and granted, version 1" in check.stdout and "as token" in check.stdout
    assert run(repo, "validate", "p").returncode == 0
    (record,) = [one for one in journal(repo) if one["event"] == "secret.updated"]
    assert (record["actor"], record["provider_id"], record["version"]) == ("ada@example.test", "p", "1")
    assert record["operation"] == "set" and record["trace_id"]


def test_a_rotation_that_passes_and_one_that_does_not(repo: Path, bao: Bao) -> None:
    run(repo, "secret", "set", "p", stdin=OLD)
    bad = run(repo, "secret", "rotate", "p", stdin=WRONG)
    assert bad.returncode == 1 and "the old value stays live" in bad.stdout and "authentication" in bad.stderr
    path = git(repo, "show", "HEAD:providers/p.yaml").partition("vault://secret/")[2].partition("#")[0]
    path = path.replace("{environment}", "production")

    def read():
        return bao.client().secrets.kv.v2.read_secret_version(path, raise_on_deleted_version=True)["data"]["data"][
            "api_key"
        ]

    assert read() == OLD and run(repo, "validate", "p").returncode == 0
    good = run(repo, "secret", "rotate", "p", "--format", "json", stdin=NEW)
    change = json.loads(good.stdout)
    assert good.returncode == 0 and change["done"] and change["validation"]["evidence"][0]["passed"]
    assert change["validation"]["evidence"][0]["credential_version"] == change["version"] == "4"
    assert read() == NEW
    assert [one["event"] for one in journal(repo)] == ["secret.updated", "secret.rotate_failed", "secret.updated"]


@pytest.mark.parametrize(("days", "state", "code"), [(75, "ok", 0), (77, "due", 0), (89, "due", 0), (91, "overdue", 1)])
def test_rotation_schedules(
    repo: Path, monkeypatch: pytest.MonkeyPatch, days: int, state: str, code: int, bao: Bao
) -> None:
    from datetime import UTC, datetime, timedelta

    from pxctl.app.flows import secret as flow
    from pxctl.app.flows.secret_room import Room
    from pxctl.core.clock import FixedClock
    from pxctl.core.secret import Secret

    monkeypatch.setenv("VAULT_TOKEN", "root")
    flow.set_secret(Room(repo), "p", "api_key", Secret(OLD), None)
    later = Room(repo, clock=FixedClock(datetime.now(UTC) + timedelta(days=days)))
    report = flow.status(later, ("p",))
    assert (report.secrets[0].state, report.exit_code) == (state, code)


def test_clear_asks_for_the_name_and_can_be_undone(repo: Path) -> None:
    run(repo, "secret", "set", "p", stdin=OLD)
    assert run(repo, "secret", "clear", "p").returncode == 2
    assert run(repo, "secret", "clear", "p", "--confirm", "q").returncode == 4
    assert run(repo, "secret", "status", "p").returncode == 0
    done = run(repo, "secret", "clear", "p", "--confirm", "p")
    assert done.returncode == 0 and "pxctl secret undo p --version 1" in done.stdout
    assert run(repo, "secret", "status", "p").returncode == 1
    assert "no such secret" in run(repo, "validate", "p").stdout
    assert run(repo, "secret", "undo", "p", "--version", "1").returncode == 0
    assert run(repo, "validate", "p").returncode == 0


@pytest.mark.parametrize(
    ("args", "stdin", "code", "words"),
    [
        (("set", "free"), OLD, 2, "no secret required"),
        (("set", "nobody"), OLD, 2, "no provider is called"),
        (("set", "p", "--name", "other"), OLD, 2, "no credential called `other`"),
        (("set", "p"), "", 2, "no value came"),
        (("set", "p"), " \n", 2, "no value came"),
        (("set", "p"), "a\0b-canary", 2, "NUL"),
        (("set", "p"), "x" * 70_000, 2, "64 KiB"),
        (("set", "p", OLD), "", 2, "unexpected extra argument"),
        (("rotate", "p"), "", 2, "no value came"),
        (("undo", "p", "--version", "77"), "", 2, "no such secret"),
        (("status", "nobody"), "", 2, "no provider is called"),
    ],
)
def test_words_that_are_off(repo: Path, args: tuple[str, ...], stdin: str, code: int, words: str) -> None:
    done = pxctl(repo, "secret", *args, stdin=stdin, env={"VAULT_TOKEN": "root"})
    assert done.returncode == code and words in done.stderr.lower() + done.stderr


def test_what_stores_do_not_do(repo: Path, bao: Bao) -> None:
    """Down, forbidden, no login: its own message, exit 2, and no other source is tried."""
    forbidden = run(repo, "secret", "check", "p", VAULT_TOKEN="not-a-token")
    assert forbidden.returncode == 2 and "forbids" in forbidden.stdout
    nobody = pxctl(repo, "secret", "status", "p", env={"VAULT_TOKEN": ""})
    assert nobody.returncode == 2 and "no token for the secret store" in nobody.stdout
    text = (repo / "pxctl.yaml").read_text().replace(bao.url, "http://127.0.0.1:9")
    (repo / "pxctl.yaml").write_text(text)
    assert run(repo, "secret", "status", "p").returncode == 1  # the base commit's address still holds
    git(repo, "commit", "-qam", "moved")
    down = run(repo, "secret", "status", "p")
    assert down.returncode == 2 and "cannot be reached" in down.stdout


def ready_to_release(repo: Path, key: Path) -> None:
    """A tenant, a policy, and a key to sign with."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (repo / "tenants").mkdir()
    (repo / "tenants/all.yaml").write_text(
        "tenants: [{id: acme, tier: gold, region: us, business_line: retail, privacy_max: internal}]\n"
    )
    (repo / "routing-policies").mkdir()
    policy = "name: default\nroutes: [{name: all, match: {}, candidates: [p], strategy: listed}]\n"
    (repo / "routing-policies/default.yaml").write_text(policy)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "roster")
    git(repo, "config", "gpg.format", "ssh")
    git(repo, "config", "user.signingkey", str(key))


def test_the_branch_names_the_live_version_and_signers_decide(repo: Path, tmp_path: Path) -> None:
    pubkey = tmp_path / "key"
    ready_to_release(repo, pubkey)
    started = run(repo, "env", "init", "production")
    assert started.returncode == 0, started.stdout + started.stderr
    done = run(repo, "secret", "set", "p", "--format", "json", stdin=OLD)
    change = json.loads(done.stdout)
    assert done.returncode == 0 and change["release"] == 2, done.stderr
    live = git(repo, "show", "env/production:credentials/p.yaml")
    assert 'version: "1"' in live.replace("'", '"') and "ada@example.test" in live
    refused = run(repo, "secret", "clear", "p", "--confirm", "p")
    assert refused.returncode == 4 and "is live in `production`" in refused.stderr
    without_a_reason = run(repo, "secret", "clear", "p", "--confirm", "p", "--force")
    assert without_a_reason.returncode == 4 and "--force --reason WHY" in without_a_reason.stderr
    git(repo, "config", "user.signingkey", str(tmp_path / "other"))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    stranger = run(repo, "secret", "set", "p", stdin=NEW)
    assert stranger.returncode == 4, stranger.stdout + stranger.stderr
    assert json.loads(run(repo, "secret", "status", "p", "--format", "json").stdout)["secrets"][0]["version"] == "1"
    git(repo, "config", "user.signingkey", str(pubkey))
    forced = run(repo, "secret", "clear", "p", "--confirm", "p", "--force", "--reason", "leaked")
    assert forced.returncode == 0
    cleared = journal(repo)[-1]
    assert (cleared["event"], cleared["reason"], cleared["provider_id"]) == ("secret.cleared", "leaked", "p")
    assert json.loads(run(repo, "secret", "status", "p", "--format", "json").stdout)["secrets"][0]["state"] == "missing"


def test_a_branch_that_was_removed_does_not_open_the_door(repo: Path, tmp_path: Path) -> None:
    """Without the environment's branch nobody could say who may do this, or that the provider is live."""
    ready_to_release(repo, tmp_path / "key")
    git(repo, "init", "-q", "--bare", str(tmp_path / "remote.git"))
    git(repo, "remote", "add", "origin", str(tmp_path / "remote.git"))
    assert run(repo, "env", "init", "production").returncode == 0
    assert run(repo, "secret", "set", "p", stdin=OLD).returncode == 0
    kept = git(tmp_path / "remote.git", "rev-parse", "env/production")
    git(tmp_path / "remote.git", "update-ref", "-d", "refs/heads/env/production")
    for args in (("clear", "p", "--confirm", "p"), ("set", "p")):
        done = run(repo, "secret", *args, stdin=NEW)
        assert done.returncode == 4 and "has no such branch now" in done.stderr, done.stderr
    off = run(repo, "provider", "disable", "p")
    assert off.returncode == 4 and "has no such branch now" in off.stderr, off.stderr
    git(repo, "push", "-q", "origin", f"{kept}:refs/heads/env/production")
    assert json.loads(run(repo, "secret", "status", "p", "--format", "json").stdout)["secrets"][0]["version"] == "1"
    refused = run(repo, "secret", "clear", "p", "--confirm", "p")
    assert refused.returncode == 4 and "is live in `production`" in refused.stderr


def test_a_branch_that_was_rewritten_does_not_open_the_door_either(repo: Path, tmp_path: Path) -> None:
    ready_to_release(repo, tmp_path / "key")
    git(repo, "init", "-q", "--bare", str(tmp_path / "remote.git"))
    git(repo, "remote", "add", "origin", str(tmp_path / "remote.git"))
    assert run(repo, "env", "init", "production").returncode == 0
    assert run(repo, "secret", "set", "p", stdin=OLD).returncode == 0
    kept = git(tmp_path / "remote.git", "rev-parse", "env/production")
    forged = git(repo, "commit-tree", "-m", "another beginning, with other signers", "HEAD^{tree}")
    git(repo, "push", "-q", "--force", "origin", f"{forged}:refs/heads/env/production")
    for args in (("clear", "p", "--confirm", "p"), ("set", "p"), ("rotate", "p")):
        done = run(repo, "secret", *args, stdin=NEW)
        assert done.returncode == 4 and "was rewritten" in done.stderr, done.stderr
    off = run(repo, "provider", "disable", "p")
    assert off.returncode == 4 and "was rewritten" in off.stderr, off.stderr
    git(repo, "push", "-q", "--force", "origin", f"{kept}:refs/heads/env/production")
    assert run(repo, "secret", "set", "p", stdin=NEW).returncode == 0


@pytest.mark.parametrize("how", ["removed", "rewritten"])
def test_reading_goes_on_and_warns_where_the_branch_cannot_be_trusted(repo: Path, tmp_path: Path, how: str) -> None:
    ready_to_release(repo, tmp_path / "key")
    git(repo, "init", "-q", "--bare", str(tmp_path / "remote.git"))
    git(repo, "remote", "add", "origin", str(tmp_path / "remote.git"))
    assert run(repo, "env", "init", "production").returncode == 0
    assert run(repo, "secret", "set", "p", stdin=OLD).returncode == 0
    assert "warning" not in run(repo, "secret", "status", "p").stderr
    if how == "removed":
        git(tmp_path / "remote.git", "update-ref", "-d", "refs/heads/env/production")
    else:
        forged = git(repo, "commit-tree", "-m", "another beginning", "HEAD^{tree}")
        git(repo, "push", "-q", "--force", "origin", f"{forged}:refs/heads/env/production")
    said = {"removed": "has no such branch now", "rewritten": "was rewritten"}[how]
    done = run(repo, "secret", "status", "p", "--format", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 0 and report["secrets"][0]["state"] == "ok"
    assert [said in warning for warning in report["warnings"]] == [True]
    assert "which credential is live in `production` is not known" in done.stderr
    live, warnings = _live(Request(repo), "production")
    assert [(said in w, "what was last seen counts" in w) for w in warnings] == [(True, True)]
    assert live("p") == {"api_key": "1"}


def test_openbao_s_own_audit_file_holds_no_secret_in_clear(repo: Path, bao: Bao) -> None:
    run(repo, "secret", "set", "p", stdin=OLD)
    run(repo, "secret", "rotate", "p", stdin=NEW)
    assert '"operation":"create"' in bao.audit or '"operation":"update"' in bao.audit
    assert not any(value in bao.audit for value in (OLD, NEW, WRONG))
