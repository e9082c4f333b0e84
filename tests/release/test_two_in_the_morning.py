"""What a release manager types when woken up: wrong words, the same command twice, empty variables of a script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.release.test_requests import ENV, pins
from tests.release.test_verbs import PROVIDER, Say, commit, edit, repository, run, say

__all__ = ["say"]


@pytest.fixture
def root(tmp_path: Path, say: Say) -> Path:
    """A live environment, and a new version of the policy on main."""
    made = repository(tmp_path)
    assert say("env", "init", "production")[0] == 0
    edit(made, "two")
    return made


def begun(say: Say) -> None:
    """Its rollout is at the dark step: nobody has it."""
    assert say("publish", *ENV, "--policy", "default", "--rollout", "standard")[0] == 0


def seq(say: Say) -> int:
    found: int = json.loads(say("status", *ENV, "--format", "json")[1])["release"]["seq"]
    return found


@pytest.mark.parametrize(
    "words",
    [
        ("rollback", "--tenant", ""),
        ("rollback", "--tenant", " , "),
        ("safe-mode", "on", "--tenant", ""),
        ("safe-mode", "off", "--business-line", ""),
        ("publish", "--policy", "default", "--tenants", ""),
        ("publish", "--policy", "default", "--tier", ""),
    ],
    ids=" ".join,
)
def test_an_empty_variable_does_not_mean_everybody(root: Path, say: Say, words: tuple[str, ...]) -> None:
    begun(say)
    before = seq(say)
    code, _, err = say(*words, *ENV)
    assert code == 2 and "an option that selects is empty" in err and "leave the option out" in err
    assert seq(say) == before


def test_abort_twice_is_abort_once(root: Path, say: Say) -> None:
    begun(say)
    for words in ((), ("--policy", "default")):
        say("abort", *ENV, *words)
        before = seq(say)
        code, out, _ = say("abort", *ENV, *words)
        assert code == 0 and "the rollout of policies/default@2 is aborted already" in out
        assert seq(say) == before


def test_what_is_not_on_its_way_says_what_the_last_one_was(root: Path, say: Say) -> None:
    say("publish", *ENV, "--policy", "default")
    for verb in ("promote", "pause", "abort"):
        code, _, err = say(verb, *ENV)
        assert code == 4 and "no rollout is running or paused" in err
        assert "the last one, policies/default@2, is done" in err


def test_rolling_back_a_rollout_that_nobody_has_yet_says_that_it_ends(root: Path, say: Say) -> None:
    begun(say)
    code, out, _ = say("rollback", *ENV, "--reason", "on second thought")
    assert code == 0 and "production: rollback policies/default@2 ends at dark" in out
    assert "policies/default@2 ends at dark" in say("audit", "log", *ENV)[1]
    assert say("audit", "verify", *ENV)[0] == 0


def test_rolling_back_tenants_who_do_not_have_it_releases_nothing(root: Path, say: Say) -> None:
    begun(say)
    before = seq(say)
    code, out, _ = say("rollback", *ENV, "--policy", "default", "--tenant", "acme")
    assert code == 0 and "everybody already has what this would put back" in out
    assert seq(say) == before


def test_a_rollback_names_only_what_moves(root: Path, say: Say) -> None:
    say("publish", *ENV, "--policy", "default")
    code, out, _ = say("rollback", *ENV, "--to", "1", "--dry-run")
    assert code == 0 and "production: rollback policies/default to @1\n" in out


@pytest.mark.parametrize("words", [("--tenant", "acm"), ("--business-line", "retial")], ids=" ".join)
def test_safe_mode_off_for_a_misspelt_name_is_no_success(root: Path, say: Say, words: tuple[str, str]) -> None:
    assert say("safe-mode", "on", *ENV)[0] == 0
    code, _, err = say("safe-mode", "off", *words, *ENV)
    assert code == 2 and f"the roster has no `{words[1]}`" in err


def test_safe_mode_off_for_one_says_what_keeps_it_on(root: Path, say: Say) -> None:
    say("safe-mode", "on", *ENV)
    code, out, _ = say("safe-mode", "off", *ENV, "--tenant", "acme")
    assert code == 0 and "nothing to do: safe mode stays on for the whole environment: pxctl safe-mode off" in out
    say("safe-mode", "off", *ENV)
    say("safe-mode", "on", *ENV, "--business-line", "main")
    say("safe-mode", "on", *ENV, "--tenant", "acme")
    code, out, _ = say("safe-mode", "off", *ENV, "--tenant", "acme")
    assert code == 0 and "safe mode stays on for the business line main" in out and "released" in out
    assert say("status", *ENV, "--tenant", "acme")[1].count("in safe mode") == 1


def test_who_left_the_roster_can_still_be_switched_off(root: Path, say: Say) -> None:
    say("safe-mode", "on", *ENV, "--tenant", "acme")
    roster = root / "tenants/all.yaml"
    roster.write_text("\n".join(x for x in roster.read_text().splitlines() if "acme" not in x) + "\n")
    commit(root, "acme leaves")
    assert say("publish", *ENV, "--roster")[0] == 0
    assert say("safe-mode", "off", *ENV, "--tenant", "acme")[0] == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("publish", "--policy", "defualt"), "routing-policies/ has `default`"),
        (("publish", "--flags"), "feature_flags/ has no file"),
        (("publish", "--provider", "gone"), "providers/ has `ollama`; what is gone from main is taken from everybody"),
        (("approve", "sha256:00"), "`sha256:00` is no plan digest"),
        (("rollback", "--policy", "default"), "name a version, such as default@N, or a release: --to SEQ"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_name_is_answered_with_the_right_ones(root: Path, say: Say, words: tuple[str, ...], hint: str) -> None:
    code, _, err = say(*words, *ENV)
    assert code == 2 and hint in " ".join(err.split())


def test_an_edit_that_was_not_committed_is_said(root: Path, say: Say) -> None:
    assert "not committed" not in say("publish", *ENV, "--policy", "default")[2]
    path = root / "routing-policies/default.yaml"
    path.write_text(path.read_text().replace("two", "three, in the editor"))
    code, out, err = say("publish", *ENV, "--policy", "default")
    assert code == 0 and "nothing to do" in out
    assert "what is not committed of routing-policies/default.* is not in this" in err
    assert "not committed" not in say("publish", *ENV, "--provider", "ollama")[2]
    assert "not committed" not in say("publish", *ENV, "--policy", "default", "--source", "HEAD~0")[2]


def test_a_file_that_is_not_committed_is_told_from_one_that_is_not_there(root: Path, say: Say) -> None:
    (root / "routing-policies/new.yaml").write_text("name: new\nroutes: []\n")
    code, _, err = say("publish", *ENV, "--policy", "new")
    assert code == 2 and "commit the file first" in err
    assert pins(say)["policies"] == {"default": 1}


def foreign(root: Path) -> None:
    """Somebody commits to the environment's branch by hand, with the last release's own record."""
    made = run(root, "commit-tree", "-p", "env/production", "-m", "by hand", "env/production^{tree}")
    run(root, "update-ref", "refs/heads/env/production", made)


def test_the_log_does_not_show_a_copy_as_a_release(root: Path, say: Say) -> None:
    foreign(root)
    code, out, _ = say("audit", "log", *ENV)
    assert code == 0 and out.count("init, adopted") == 1
    assert "not a release" in out and "does not name the release before it" in out
    assert say("audit", "log", *ENV, "--limit", "1")[1].count("not a release") == 1
    code, out, _ = say("status", *ENV)
    assert code == 1 and "`pxctl env repair production` puts it back" in out


def test_repairing_twice_is_repairing_once(root: Path, say: Say) -> None:
    foreign(root)
    code, out, _ = say("env", "repair", "production")
    assert code == 0 and "repair, 1 commit undone" in out
    code, out, _ = say("env", "repair", "production")
    assert code == 0 and "the tip is a release; there is nothing to repair" in out
    assert seq(say) == 2
    assert say("audit", "verify", *ENV)[0] == 0
    edit(root, "three")
    assert say("publish", *ENV, "--policy", "default")[0] == 0
    assert say("audit", "log", *ENV)[1].count("not a release") == 1


def test_an_environment_is_asked_for_the_way_it_is_given(root: Path, say: Say) -> None:
    assert "name one: `--env production`, `--env staging`" in say("promote")[2]
    assert "name one: `production`, `staging`" in say("env", "tidy")[2]


def test_several_rollouts_are_called_what_they_are(root: Path, say: Say) -> None:
    (root / "providers/ollama.yaml").write_text(PROVIDER.replace("8192", "4096"))
    commit(root, "provider")
    for option in (("--policy", "default"), ("--provider", "ollama")):
        assert say("publish", *ENV, *option, "--rollout", "standard")[0] == 0
    code, _, err = say("promote", *ENV)
    assert code == 2 and "several rollouts are running or paused: `policies/default`, `providers/ollama`" in err
    for option in (("--policy", "default"), ("--provider", "ollama")):
        assert say("abort", *ENV, *option)[0] == 0
    code, _, err = say("retry", *ENV)
    assert code == 2 and "several rollouts are paused or aborted" in err


def test_status_says_since_when_each_version_is_everybodys(root: Path, say: Say) -> None:
    begun(say)
    lines = {line.split()[0]: line for line in say("status", *ENV)[1].splitlines() if line.strip()}
    assert "full since 20" in lines["providers/ollama"] and "dark, running since 20" in lines["policies/default"]
