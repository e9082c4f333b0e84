"""Odd surroundings of releases: settings, hooks, submodules, other clocks, full disks, names with tricks."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from pxctl.core.errors import GitError, RefusedError
from pxctl.release.controls import SafeModeSwitch
from pxctl.release.publish import Publish
from pxctl.release.verify import Verification
from tests.release import forgery
from tests.release.test_verbs import TENANTS, Say, commit, edit, repository, say  # noqa: F401 - say is a fixture
from tests.release.world import Company, company, run

ODD = """\
[core]
autocrlf = true
safecrlf = true
eol = crlf
quotePath = true
logAllRefUpdates = always
fsmonitor = /bin/false
abbrev = 4
commentChar = %
[commit]
gpgSign = true
[tag]
gpgSign = true
[gpg]
program = /bin/false
[push]
gpgSign = if-asked
default = nothing
followTags = true
recurseSubmodules = check
[fetch]
prune = true
fsckObjects = true
writeCommitGraph = true
recurseSubmodules = on-demand
[transfer]
fsckObjects = true
[receive]
fsckObjects = true
[submodule]
recurse = true
[log]
showSignature = true
decorate = full
date = relative
[color]
ui = always
[format]
pretty = oneline
[diff]
noprefix = true
[pull]
rebase = true
[gc]
auto = 1
[help]
autocorrect = 1
[init]
defaultBranch = trunk
"""


@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
def test_what_a_user_has_set_changes_nothing(
    tmp_path: Path,
    say: Say,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    remote: bool,
) -> None:
    root = repository(tmp_path, remote=remote)
    (root / ".gitattributes").write_text("*.yaml text eol=crlf ident\n")
    run(tmp_path, "init", "-q", "library")
    run(tmp_path / "library", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x")
    run(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "library"), "vendor")
    commit(root, "a submodule")
    for name in ("pre-commit", "pre-push", "reference-transaction", "post-checkout", "pre-auto-gc", "commit-msg"):
        hook = root / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\necho hooked >&2\nexit 1\n")
        hook.chmod(0o755)
    (tmp_path / "odd").write_text(ODD)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "odd"))
    names = run(root, "rev-parse", "--local-env-vars").split()
    for name in names:
        monkeypatch.setenv(name, "1" if name == "GIT_CONFIG_COUNT" else str(tmp_path / "elsewhere"))
    for name in ("GIT_PAGER", "GIT_EDITOR", "GIT_EXTERNAL_DIFF"):
        monkeypatch.setenv(name, "/bin/false")
    for name in ("LANGUAGE", "LANG", "LC_ALL"):
        monkeypatch.setenv(name, "de_DE.UTF-8")
    env = ("--env", "production")
    for words in (
        ("env", "init", "production"), ("safe-mode", "on", *env, "--reason", "x"), ("safe-mode", "off", *env),
        ("status", *env), ("audit", "verify", *env), ("status", *env, "--tenant", "acme"), ("audit", "log", *env),
    ):  # fmt: skip
        code, _, err = say(*words)
        assert code == 0, (words, err)
    for name in names:
        monkeypatch.delenv(name)
    where = tmp_path / "remote.git" if remote else root
    blob = run(where, "rev-parse", "env/production:versions/policies/default@1.yaml")
    assert blob == run(root, "rev-parse", "HEAD:routing-policies/default.yaml")


def test_a_request_for_another_environment(tmp_path: Path, say: Say) -> None:  # noqa: F811
    root = repository(tmp_path)
    say("env", "init", "production")
    say("env", "init", "staging")
    edit(root, "two")
    assert say("publish", "--env", "staging", "--policy", "default", "--request")[0] == 0
    wrong = root / "releases/production"
    wrong.parent.joinpath("staging").rename(wrong)
    commit(root, "a request of staging, in the folder of production")
    code, _, err = say("apply", "--env", "production")
    assert code == 4 and "stale plan" in err
    assert json.loads(say("status", "--env", "production", "--format", "json")[1])["release"]["seq"] == 1
    (root / "releases/elsewhere").mkdir()
    next(wrong.iterdir()).rename(root / "releases/elsewhere/0001-default-2.yaml")
    commit(root, "and in that of none")
    code, out, err = say("apply", "--env", "production")
    assert code == 0 and "nothing" in out + err


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b", "..", ".git", "acme\u202e", "\u0430cme", "ACME", "a b", "-x"]
)
def test_a_tenant_with_tricks_in_its_name_is_not_released(tmp_path: Path, say: Say, name: str) -> None:  # noqa: F811
    root = repository(tmp_path)
    say("env", "init", "production")
    row = f'  - {{id: "{name}", tier: free, business_line: main, region: eu, privacy_max: internal}}\n'
    (root / "tenants/all.yaml").write_text(TENANTS + row)
    commit(root, "one more")
    code, _, err = say("publish", "--env", "production", "--roster")
    assert code in (1, 2) and "tenants/all.yaml:5" in err, err
    tree = run(root, "ls-tree", "-r", "--name-only", "env/production", "tenants/")
    assert [line.rpartition("/")[2] for line in tree.splitlines()] == ["initech.yaml", "globex.yaml", "acme.yaml"]


def test_a_clock_that_is_an_hour_ahead(firm: Company) -> None:
    """Whoever has the right time is told, and waits or says that they know; nothing is lost or made twice."""
    firm.init()
    right = firm.clock.at
    firm.clock.at = right + timedelta(hours=1)
    content = firm.commit("routing-policies/default.yaml", "name: default\ndescription: two\n")
    assert firm.make(Publish("policies/default", content)).status == "released"
    firm.clock.at = right
    walk = Verification(firm.branch, firm.clock.now(), timedelta(days=14)).walk(firm.view().commit or "")
    assert [p.problem for p in walk.problems] == ["it is dated 2026-11-01T11:00:02.000Z, in the future"]
    assert firm.make(Publish("policies/default", content)).status == "unchanged"
    with pytest.raises(RefusedError, match="ahead of this machine's clock") as caught:
        firm.make(SafeModeSwitch(True))
    assert caught.value.hint is not None and "--clock-skew-ok" in caught.value.hint
    made = firm.make(SafeModeSwitch(True), skew_ok=True)
    assert made.release is not None and made.release.time == right + timedelta(hours=1, seconds=1, milliseconds=1)
    firm.clock.at = right + timedelta(hours=1)
    assert firm.make(SafeModeSwitch(False)).status == "released"
    assert len(firm.log()) == 4


def test_objects_that_are_replaced_hide_no_forgery(firm: Company) -> None:
    firm.init()
    firm.publish("one")
    good = firm.view().commit or ""
    bad = forgery.commit(firm, good, {}, lambda r: r.update(reason="nicer", seq=9))
    run(firm.root, "replace", bad, good)
    forgery.put(firm, bad)
    (firm.root / ".git/info").mkdir(exist_ok=True)
    (firm.root / ".git/info/grafts").write_text(f"{bad}\n")
    with pytest.raises(RefusedError, match="is not a release"):
        firm.make(SafeModeSwitch(True))
    walk = Verification(firm.branch, firm.clock.now(), timedelta(days=14)).walk(bad)
    assert {p.commit for p in walk.problems} == {bad}


def test_a_release_of_another_environment_is_none_here(firm: Company) -> None:
    firm.init()
    tip = forgery.commit(firm, firm.view().commit or "", {}, lambda r: r.update(environment="staging", seq=2))
    forgery.put(firm, tip)
    with pytest.raises(RefusedError, match="it is a release of `staging`"):
        firm.make(SafeModeSwitch(True))


def test_an_environment_branch_that_was_cloned_without_its_history(tmp_path: Path) -> None:
    firm = company(tmp_path, remote=True)
    firm.init()
    firm.publish("one")
    firm.publish("two")
    shutil.rmtree(firm.root)
    firm.git.close()
    run(tmp_path, "clone", "-q", "--depth", "1", "-b", "env/production", f"file://{firm.remote}", str(firm.root))
    run(firm.root, "switch", "-q", "--orphan", "main")
    run(firm.root, "config", "user.name", "Ada")
    run(firm.root, "config", "user.email", "ada@example.test")
    with pytest.raises(GitError, match="shallow") as caught:
        firm.make(SafeModeSwitch(True))
    assert caught.value.hint is not None and "git fetch --unshallow" in caught.value.hint
    run(firm.root, "fetch", "-q", "--depth", "2", "origin", "env/production")
    with pytest.raises(GitError, match="shallow"):
        Verification(firm.branch, firm.clock.now(), timedelta(days=14)).walk(firm.branch.tip() or "")
    run(firm.root, "fetch", "-q", "--unshallow")
    assert firm.make(SafeModeSwitch(True)).status == "released"
    firm.git.close()
