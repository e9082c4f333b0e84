"""The verbs on a real repository: requests and apply, approvals, evidence, bad input, machine output."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pxctl.app.errors import guarded
from pxctl.core.digest import sha256
from pxctl.model.project import Environment, Project
from tests.release import forgery
from tests.release.world import Company, make_key, roster, run

PROJECT = """\
version: 1
environments:
  production: {PRODUCTION}
  staging: {}
rollouts:
  standard: {steps: [{dark: true}, {canary: {names: [acme]}, wait: 1h}, {percent: 50}, {full: true}]}
tiers: [gold, free]
business_lines: [main]
regions: [eu]
"""
PROVIDER = """\
id: ollama
display_name: Ollama
kind: ollama
status: active
endpoints: [{region: eu, url: "http://127.0.0.1:11434"}]
models: [{id: llama3.2, context_tokens: 8192}]
compliance: {privacy_max: restricted}
"""
POLICY = """\
name: default
description: NOTE
routes:
  - name: all
    match: {}
    candidates: [ollama/llama3.2]
"""
TENANTS = """\
tenants:
  - {id: acme, tier: gold, business_line: main, region: eu, privacy_max: internal}
  - {id: globex, tier: free, business_line: main, region: eu, privacy_max: internal}
  - {id: initech, tier: free, business_line: main, region: eu, privacy_max: internal}
"""
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run pxctl in the repository: (exit code, stdout, stderr)."""

    def call(*args: str) -> tuple[int, str, str]:
        code = guarded([*args, "--repo", str(tmp_path / "repo")])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def repository(tmp_path: Path, production: str = "", remote: bool = False) -> Path:
    root = tmp_path / "repo"
    for path, text in {
        "pxctl.yaml": PROJECT.replace("PRODUCTION", production), "providers/ollama.yaml": PROVIDER,
        "routing-policies/default.yaml": POLICY, "tenants/all.yaml": TENANTS,
    }.items():  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    run(root, "init", "-q", "-b", "main")
    run(root, "config", "user.name", "Ada Tester")
    run(root, "config", "user.email", "ada@example.test")
    if remote:
        run(tmp_path, "init", "-q", "--bare", str(tmp_path / "remote.git"))
        run(root, "remote", "add", "origin", str(tmp_path / "remote.git"))
    commit(root, "first")
    return root


def commit(root: Path, message: str) -> str:
    run(root, "add", "-A")
    run(root, "commit", "-q", "-m", message)
    return run(root, "rev-parse", "HEAD")


def edit(root: Path, note: str) -> None:
    (root / "routing-policies/default.yaml").write_text(POLICY.replace("NOTE", note))
    commit(root, note)


@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
def test_three_commands_and_back(tmp_path: Path, say: Say, remote: bool) -> None:
    root = repository(tmp_path, remote=remote)
    assert say("env", "init", "production")[0] == 0
    edit(root, "two")
    code, out, _ = say("publish", "--env", "production", "--policy", "default", "--dry-run")
    assert code == 0 and "3 of 3 tenants: acme, globex, initech" in out and "nothing was changed" in out
    assert say("publish", "--env", "production", "--policy", "default")[0] == 0
    code, out, _ = say("rollback", "--env", "production", "--reason", "bad")
    assert code == 0 and "policies/default to @1" in out
    code, out, err = say("publish", "--env", "production", "--policy", "default")
    assert code == 4 and "was withdrawn by release 3: bad" in err
    code, out, _ = say("audit", "verify", "--env", "production")
    assert code == 0 and "the chain holds" in out
    code, out, _ = say("status", "--env", "production", "--tenant", "acme", "--format", "json")
    assert json.loads(out)["pins"]["policies"] == {"default": 1}


def test_a_request_is_applied_once_and_in_order(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    edit(root, "two")
    assert say("publish", "--env", "production", "--policy", "default", "--request")[0] == 0
    commit(root, "request")
    assert [p.name for p in (root / "releases/production").iterdir()] == ["0001-default-2.yaml"]
    code, out, _ = say("apply", "--env", "production", "--dry-run")
    assert code == 0 and "nothing was changed" in out
    code, out, _ = say("apply", "--env", "production")
    assert code == 0 and "released: production #2" in out
    code, out, _ = say("apply", "--env", "production")
    assert code == 0 and "every request on main is applied" in out
    assert "0001-default-2" in say("audit", "show", "2", "--env", "production")[1]
    (root / "releases/production/0000-default-3.yaml").write_text(
        (root / "releases/production/0001-default-2.yaml").read_text()
    )
    commit(root, "too late")
    code, _, err = say("apply", "--env", "production")
    assert code == 4 and "comes before" in err and "applied already" in err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("plan_digest: sha256:", "plan_digest: sha256:00"), "plan_digest"),
        (lambda t: "\n".join(x for x in t.splitlines() if not x.startswith("plan_digest")) + "\n", "no plan_digest"),
        (lambda t: t.replace("everyone", "{tier: [gold]}"), "stale plan"),
        (lambda t: t.replace("version: 2", "version: 3"), "would be @2"),
        (lambda t: t.replace("policies/default", "policies/nobody"), "nobody"),
    ],
    ids=["digest-broken", "no-digest", "selection", "version", "subject"],
)
def test_a_request_that_was_edited_is_refused(
    tmp_path: Path, say: Say, change: Callable[[str], str], message: str
) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    edit(root, "two")
    say("publish", "--env", "production", "--policy", "default", "--request")
    path = root / "releases/production/0001-default-2.yaml"
    path.write_text(change(path.read_text()))
    commit(root, "request, edited")
    code, _, err = say("apply", "--env", "production")
    assert code in (1, 2, 4) and message in err
    assert json.loads(say("status", "--env", "production", "--format", "json")[1])["release"]["seq"] == 1


def test_a_request_whose_source_is_not_on_main(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    run(root, "switch", "-q", "-c", "side")
    edit(root, "unreviewed")
    say("publish", "--env", "production", "--policy", "default", "--request")
    text = (root / "releases/production/0001-default-2.yaml").read_text()
    (root / "releases/production/0001-default-2.yaml").unlink()
    run(root, "switch", "-q", "main")
    (root / "releases/production").mkdir(parents=True, exist_ok=True)
    (root / "releases/production/0001-default-2.yaml").write_text(text)
    commit(root, "request")
    code, _, err = say("apply", "--env", "production")
    assert code == 4 and "is not part of main" in err


def test_a_stale_plan_is_refused(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    edit(root, "two")
    say("publish", "--env", "production", "--policy", "default", "--request")
    commit(root, "request")
    (root / "providers/ollama.yaml").write_text(PROVIDER.replace("8192", "4096"))
    commit(root, "provider")
    assert say("publish", "--env", "production", "--provider", "ollama")[0] == 0
    code, _, err = say("apply", "--env", "production")
    assert code == 4 and "stale plan" in err and "publish --refresh releases/production/0001-default-2.yaml" in err


def test_signatures_and_approvals(tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path, remote=True)
    make_key(tmp_path, "ada")
    make_key(tmp_path, "bob")
    run(root, "config", "gpg.format", "ssh")
    run(root, "config", "user.signingkey", str(tmp_path / "ada"))
    env = ("--env", "production")
    assert say("env", "init", "production")[0] == 0
    bob = ("bob@example.test", "--public-key", str(tmp_path / "bob.pub"))
    assert say("signers", "add", *bob, *env)[0] == 0
    assert say("signers", "approvals", "--by", "signature", "--required", "1", *env)[0] == 0
    edit(root, "two")
    code, _, err = say("publish", "--policy", "default", *env)
    assert code == 4 and "1 of 1 approvals are missing" in err
    say("publish", "--policy", "default", "--request", *env)
    commit(root, "request")
    request = "releases/production/0001-default-2.yaml"
    assert say("approve", request, *env)[0] == 4, "who wrote the request does not approve it"
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "bob@example.test")
    assert say("approve", request, *env, "--key", str(tmp_path / "bob"))[0] == 0
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "ada@example.test")
    assert say("apply", *env)[0] == 0
    assert say("safe-mode", "on", *env, "--reason", "storm")[0] == 0, "on is quick"
    assert say("safe-mode", "off", *env)[0] == 4, "off is not"
    assert say("rollback", *env, "--reason", "bad")[0] == 0, "the way back needs nobody"
    code, out, _ = say("audit", "verify", *env)
    assert code == 0 and "6 signed, 1 approval" in out
    assert say("signers", "revoke", "ada@example.test", *env)[0] == 4, "nobody would be left to change signers"
    run(root, "config", "--unset", "user.signingkey")
    code, _, err = say("safe-mode", "on", *env, "--tenant", "acme")
    assert code == 4 and "no signing key is configured" in err


def test_without_fresh_evidence_a_provider_is_not_released(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path, production="evidence: required")
    code, out, _ = say("env", "init", "production")
    assert code == 0 and "providers/ollama is left out: it was never validated" in out
    code, _, err = say("publish", "--env", "production", "--provider", "ollama")
    assert code == 4 and "never validated" in err
    code, out, _ = say("publish", "--env", "production", "--provider", "ollama", "--dry-run")
    assert code == 0 and "gate failed" in out
    journal = (root / ".pxctl/journal.jsonl").read_text()
    assert "release.refused" in journal and "never validated" in journal


def test_export_live_and_shell_agree(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    code, out, _ = say("export-live", "--env", "production", "--tenant", "acme", "--format", "json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    assert found["policies"]["default"]["routes"][0]["name"] == "all" and found["pins"]["providers"] == {"ollama": 1}
    shell = 'h=$(printf %s acme | sha256sum | cut -c1-2); git show "env/production:tenants/$h/acme.yaml"'
    done = subprocess.run(["sh", "-c", shell], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "policies:\n  default: 1\nproviders:\n  ollama: 1\n"


def test_status_at_a_time_and_at_a_release(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    edit(root, "two")
    say("publish", "--env", "production", "--policy", "default", "--rollout", "standard")
    env = ("--env", "production", "--format", "json")
    assert json.loads(say("status", *env, "--at", "1")[1])["release"]["seq"] == 1
    log = json.loads(say("audit", "log", *env)[1])["entries"]
    assert json.loads(say("status", *env, "--at", log[1]["time"])[1])["release"]["seq"] == 1
    code, _, err = say("status", "--env", "production", "--at", "2001-01-01T00:00Z")
    assert code == 2 and "had no release at" in err
    code, _, err = say("status", "--env", "production", "--at", "99")
    assert code == 2 and "there is no release 99" in err
    assert "step 1 of 4, dark, running" in say("status", "--env", "production")[1]


# bad input


def test_unknown_names(tmp_path: Path, say: Say) -> None:
    repository(tmp_path)
    say("env", "init", "production")
    env = ("--env", "production")
    for args, message in [
        (("publish", "--env", "prod", "--policy", "default"), "`prod`"),
        (("publish", "--policy", "default"), "which environment?"),
        (("publish", *env, "--policy", "nobody"), "nobody"),
        (("publish", *env), "what is to be released?"),
        (("publish", *env, "--policy", "default", "--tenants", "../../etc/passwd"), "../../etc/passwd"),
        (("publish", *env, "--policy", "default", "--tenants", "umbrella"), "umbrella"),
        (("publish", *env, "--policy", "default", "--tier", "platinum"), "matches no tenant"),
        (("publish", *env, "--policy", "default", "--rollout", "quick"), "`quick`"),
        (("status", *env, "--tenant", "acmé"), "acmé"),
        (("rollback", *env, "--policy", "default@9"), "@9"),
        (("rollback", *env, "--policy", "default@x"), "default@x"),
        (("promote", *env), "no rollout"),
    ]:
        code, _, err = say(*args)
        assert code in (2, 4) and message in err, (args, err)
        assert "Traceback" not in err


def test_a_branch_that_somebody_wrote_to(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    firm = Company(root, None, roster(1), None)  # type: ignore[arg-type]
    tip = run(root, "rev-parse", "env/production")
    firm.project = Project(environments={"production": Environment()})
    run(root, "update-ref", "refs/heads/env/production", forgery.commit(firm, tip, {"README.md": b"hi"}, None))
    firm.git.close()
    code, out, _ = say("status", "--env", "production")
    assert code == 1 and "is not a release" in out and "policies/default" in out
    code, _, err = say("safe-mode", "on", "--env", "production")
    assert code == 4 and "env repair production" in err
    assert say("audit", "verify", "--env", "production")[0] == 1
    assert say("env", "repair", "production", "--reason", "merged by hand")[0] == 0
    code, out, _ = say("audit", "verify", "--env", "production")
    assert code == 0 and "repaired since" in out
    assert say("safe-mode", "on", "--env", "production")[0] == 0


def test_a_checked_out_environment_branch(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    run(root, "worktree", "add", "-q", str(tmp_path / "wt"), "env/production")
    code, _, err = say("safe-mode", "on", "--env", "production")
    assert code == 4 and "checked out" in err


def test_hostile_git_settings_change_nothing(tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path)
    hook = root / ".git/hooks/reference-transaction"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    for name, value in (("core.autocrlf", "true"), ("commit.gpgsign", "true"), ("core.safecrlf", "true"),
                        ("submodule.recurse", "true"), ("core.quotePath", "true")):  # fmt: skip
        run(root, "config", name, value)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert say("env", "init", "production")[0] == 0
    assert say("audit", "verify", "--env", "production")[0] == 0
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.delenv(name)
    blob = run(root, "rev-parse", "env/production:versions/policies/default@1.yaml")
    assert blob == run(root, "rev-parse", "HEAD:routing-policies/default.yaml")


def test_a_remote_that_refuses_the_push(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path, remote=True)
    hook = tmp_path / "remote.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'protected branch' >&2\nexit 1\n")
    hook.chmod(0o755)
    code, _, err = say("env", "init", "production")
    assert code == 4 and "refuses the push" in err and "branch protection" in err
    hook.unlink()
    assert say("env", "init", "production")[0] == 0
    del root


def test_a_remote_that_is_gone(tmp_path: Path, say: Say) -> None:
    repository(tmp_path, remote=True)
    say("env", "init", "production")
    (tmp_path / "remote.git").rename(tmp_path / "away.git")
    code, _, err = say("safe-mode", "on", "--env", "production")
    assert code == 2 and "origin" in err
    code, out, _ = say("status", "--env", "production")
    assert code == 0 and "what was last read" in out


def test_a_shallow_clone_publishes(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path, remote=True)
    edit(root, "two")
    run(root, "push", "-q", "origin", "main")
    say("env", "init", "production")
    edit(root, "three")
    run(root, "push", "-q", "origin", "main")
    root.rename(tmp_path / "old")
    run(tmp_path, "clone", "-q", "--depth", "1", "-b", "main", f"file://{tmp_path}/remote.git", str(root))
    run(root, "config", "user.name", "Ada")
    run(root, "config", "user.email", "ada@example.test")
    assert say("publish", "--env", "production", "--policy", "default")[0] == 0
    first = run(tmp_path / "old", "rev-list", "--max-parents=0", "refs/pxctl/seen/env/production")
    code, out, _ = say("audit", "verify", "--env", "production", "--trust-root", first)
    assert code == 0 and "not checked" in out


def test_a_newer_schema_is_read_and_not_written(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    firm = Company(root, None, roster(1), Project(environments={"production": Environment()}))
    tip = run(root, "rev-parse", "env/production")

    def newer(record: dict[str, Any]) -> None:
        record.update(schema_version=2, min_pxctl="9.0.0", seq=2, news={"a": 1})
        record["previous"] = sha256(firm.branch.view(tip).release_bytes or b"")
        record["time"] = "2099-01-01T00:00:00Z"

    run(root, "update-ref", "refs/heads/env/production", forgery.commit(firm, tip, {}, newer))
    firm.git.close()
    assert say("status", "--env", "production")[0] == 0
    code, _, err = say("safe-mode", "on", "--env", "production")
    assert code == 2 and "9.0.0" in err


def test_a_provider_that_tenants_have_is_not_disabled_by_accident(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    (root / "providers/ollama.yaml").write_text(PROVIDER.replace("status: active", "status: disabled"))
    commit(root, "disable")
    code, _, err = say("publish", "--env", "production", "--provider", "ollama")
    assert code == 4 and "3 tenants have providers/ollama" in err
    assert say("publish", "--env", "production", "--provider", "ollama", "--force")[0] == 2
    assert (
        say("publish", "--env", "production", "--provider", "ollama", "--force", "--reason", "contract ended")[0] == 0
    )


def test_figures_from_history(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    env = ("--env", "production")
    edit(root, "two")
    say("publish", *env, "--policy", "default", "--rollout", "standard")
    say("promote", *env, "--full")
    edit(root, "three")
    say("publish", *env, "--policy", "default")
    say("rollback", *env, "--reason", "bad")
    code, out, _ = say("status", *env, "--figures", "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert (found["releases"], found["rollbacks"]) == (5, 1)
    assert (found["finished_rollouts"], found["staged_rollouts"]) == (2, 1)
    assert found["onboarding"]["count"] == 1 and found["exposure"]["count"] == 1
    assert found["publish_to_live"]["count"] >= 3
    assert "1 of 2 finished rollouts" in say("status", *env, "--figures")[1]


def test_onboarding_time_is_from_the_provider_s_first_commit_to_its_first_tenant(
    tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(text: str) -> None:
        """Git and pxctl alike have this time from here on."""
        monkeypatch.setenv("GIT_COMMITTER_DATE", text)
        monkeypatch.setattr("pxctl.core.clock.SystemClock.now", lambda _: datetime.fromisoformat(text))

    def second(note: str) -> None:
        (root / "providers/second.yaml").write_text(PROVIDER.replace("ollama", "second", 1).replace("Ollama", note))

    at("2026-03-02T09:00:00+00:00")
    root = repository(tmp_path)
    at("2026-03-02T09:10:00+00:00")  # the first provider: 10 minutes
    assert say("env", "init", "production")[0] == 0
    at("2026-03-03T08:00:00+00:00")
    second("Second")
    commit(root, "add it")
    at("2026-03-03T08:20:00+00:00")
    second("Second, corrected")
    commit(root, "an edit does not begin it again")
    at("2026-03-03T08:50:00+00:00")  # the second: 50 minutes
    done = say("publish", "--env", "production", "--provider", "second")
    assert done[0] == 0, done
    at("2026-03-05T08:00:00+00:00")
    second("Second, later")
    commit(root, "a later version")
    assert say("publish", "--env", "production", "--provider", "second")[0] == 0
    found = json.loads(say("status", "--env", "production", "--figures", "--format", "json")[1])
    assert found["onboarding"] == {"count": 2, "median_s": 1800.0, "longest_s": 3000.0}
    (line,) = [x for x in say("status", "--env", "production", "--figures")[1].splitlines() if "onboarding" in x]
    assert line.split()[-5:] == ["2", "30.0", "min", "50.0", "min"]
    shown = json.loads(say("provider", "show", "second", "--env", "production", "--format", "json")[1])
    assert shown["onboarding_seconds"] == 3000.0


def test_status_says_what_has_run_out(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    firm = Company(root, None, roster(1), Project(environments={"production": Environment()}))
    evidence = {
        "provider": "ollama", "blob": "0" * 40, "tool_version": "1", "started_at": "2026-01-01T00:00:00Z",
        "finished_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-08T00:00:00Z", "passed": True, "health": 1.0,
        "results": [],
    }  # fmt: skip
    tip = run(root, "rev-parse", "env/production")

    def follow(record: dict[str, Any]) -> None:
        record.update(seq=2, previous=sha256(firm.branch.view(tip).release_bytes or b""), time="2099-01-01T00:00:00Z")

    data = json.dumps(evidence).encode()
    run(
        root,
        "update-ref",
        "refs/heads/env/production",
        forgery.commit(firm, tip, {"evidence/ollama.json": data}, follow),
    )
    firm.git.close()
    code, out, _ = say("status", "--env", "production")
    assert code == 0 and "evidence for ollama expired 2026-01-08" in out


def test_a_release_that_names_another_request_is_found(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    edit(root, "two")
    say("publish", "--env", "production", "--policy", "default", "--request")
    commit(root, "request")
    say("apply", "--env", "production")
    assert say("audit", "verify", "--env", "production")[0] == 0
    firm = Company(root, None, roster(1), Project(environments={"production": Environment()}))
    tip = run(root, "rev-parse", "env/production")
    other = run(root, "rev-parse", "HEAD:pxctl.yaml")
    first = run(root, "rev-parse", "env/production^")
    forged = forgery.commit(firm, tip, {}, lambda r: r.update(request_blob=other), parent=first)
    firm.git.close()
    run(root, "update-ref", "refs/heads/env/production", forged)
    run(root, "update-ref", "-d", "refs/pxctl/verified/env/production")
    code, out, _ = say("audit", "verify", "--env", "production")
    assert code == 1 and "is not the request that it names" in out


def test_the_plan_says_which_decisions_change(tmp_path: Path, say: Say) -> None:
    root = repository(tmp_path)
    say("env", "init", "production")
    strict = POLICY.replace("match: {}", "match: {input_tokens: {max: 100}}")
    (root / "routing-policies/default.yaml").write_text(strict)
    commit(root, "strict")
    trace = tmp_path / "trace.csv"
    rows = [f"2023-11-16 18:17:0{i}.0000000,{50 if i < 4 else 500},10" for i in range(6)]
    trace.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "\n".join(rows) + "\n")
    env = ("--env", "production", "--policy", "default", "--dry-run")
    code, out, err = say("publish", *env, "--trace", str(trace))
    assert code == 0 and "2 of 6 on trace.csv change (33.3 %)" in out and "2 newly refused" in out, out + err
