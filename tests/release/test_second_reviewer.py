"""What no request asks for still finds its second person: by signature, whatever the environment's approvals are."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.release.test_requests import ENV
from tests.release.test_verbs import Say, edit, repository, run, say
from tests.release.world import make_key

__all__ = ["say"]
As = Callable[..., tuple[int, str, str]]


@pytest.fixture
def says(tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> As:
    """`says("bob", "approve", ...)`: pxctl, run by somebody with their own key."""
    repository(tmp_path)
    for name in ("ada", "bob", "eve"):
        make_key(tmp_path, name)

    def call(who: str, *args: str) -> tuple[int, str, str]:
        monkeypatch.setenv("GIT_AUTHOR_EMAIL", f"{who}@example.test")
        return say(*args, *ENV, "--key", str(tmp_path / who))

    assert say("env", "init", "production", "--key", str(tmp_path / "ada"), "--principal", "ada")[0] == 0
    key = ("--public-key", str(tmp_path / "bob.pub"))
    assert call("ada", "signers", "add", "bob", *key, "--may", "publish,approve,signers,safe_mode")[0] == 0
    return call


def add_eve(says: As, tmp_path: Path) -> tuple[int, str, str]:
    return says("ada", "signers", "add", "eve", "--public-key", str(tmp_path / "eve.pub"), "--may", "approve")


def hinted(err: str) -> list[str]:
    """The command that a refusal names for the second person."""
    found = re.search(r"pxctl (approve sha256:[0-9a-f]{64}) --env production", " ".join(err.split()))
    assert found, err
    return found[1].split()


@pytest.mark.parametrize(
    "needs", [("--by", "forge", "--required", "1"), ("--by", "signature", "--required", "1"),
              ("--by", "none", "--required", "0", "--quorum", "2")],
    ids=["forge", "signature", "quorum"],
)  # fmt: skip
def test_changing_signers_finds_its_second_person(says: As, tmp_path: Path, needs: tuple[str, ...]) -> None:
    assert says("ada", "signers", "approvals", *needs)[0] == 0
    code, _, err = add_eve(says, tmp_path)
    assert code == 4 and "1 of 1 approvals are missing" in err
    command = hinted(err)
    assert says("ada", *command)[0] == 0
    code, _, err = add_eve(says, tmp_path)
    assert code == 4 and "1 of 1 approvals are missing" in err, "who makes the release does not approve it"
    assert says("bob", *command)[0] == 0
    code, _, err = add_eve(says, tmp_path)
    assert code == 0, err


def test_under_forge_approvals_other_things_that_no_request_asks_for(says: As, tmp_path: Path) -> None:
    assert says("ada", "signers", "approvals", "--by", "forge", "--required", "1")[0] == 0
    assert says("ada", "safe-mode", "on", "--reason", "storm")[0] == 0
    code, _, err = says("ada", "safe-mode", "off", "--reason", "over")
    assert code == 4
    assert says("bob", *hinted(err))[0] == 0
    assert says("ada", "safe-mode", "off", "--reason", "over")[0] == 0
    edit(tmp_path / "repo", "two")
    code, _, err = says("ada", "publish", "--policy", "default", "--direct")
    assert code == 4 and "or ask with --pr and have that reviewed" in " ".join(err.split())
    assert says("bob", *hinted(err))[0] == 0
    assert says("ada", "publish", "--policy", "default", "--direct")[0] == 0


def test_what_they_signed_stands_up_in_the_audit(says: As, tmp_path: Path, say: Say) -> None:
    assert says("ada", "signers", "approvals", "--by", "forge", "--required", "1")[0] == 0
    _, _, err = add_eve(says, tmp_path)
    assert says("bob", *hinted(err))[0] == 0
    assert add_eve(says, tmp_path)[0] == 0
    code, out, _ = say("audit", "verify", *ENV)
    assert code == 0 and "1 approval" in out
    code, out, _ = say("audit", "show", "4", *ENV)
    assert code == 0 and "bob (signature)" in out


def test_an_outsider_does_not_count(says: As, tmp_path: Path) -> None:
    assert says("ada", "signers", "approvals", "--by", "forge", "--required", "1")[0] == 0
    _, _, err = add_eve(says, tmp_path)
    code, _, refused = says("eve", *hinted(err))
    assert code == 4 and "your key may not approve here" in refused
    assert add_eve(says, tmp_path)[0] == 4
    assert "signer" in run(tmp_path / "repo", "log", "--format=%s", "-1", "env/production")


def test_a_key_that_may_not_release_is_told_so_before_anybody_is_asked_to_agree(says: As, tmp_path: Path) -> None:
    assert says("ada", "signers", "approvals", "--by", "signature", "--required", "1")[0] == 0
    edit(tmp_path / "repo", "two")
    code, _, err = says("eve", "publish", "--policy", "default")
    assert code == 4 and "your key is not among its signers" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("carol", "--forge", "carol", "--may", "publish,fly"), "`fly` is nothing that a signer may do"),
        (("carol smith", "--forge", "carol"), "`carol smith` is no name for a signer"),
    ],
)
def test_wrong_words_about_signers_are_named(says: As, words: tuple[str, ...], message: str) -> None:
    code, _, err = says("ada", "signers", "add", *words)
    assert code == 2 and message in err and "hint" in err


def test_the_last_second_person_is_not_revoked(says: As) -> None:
    assert says("ada", "signers", "approvals", "--by", "signature", "--required", "1")[0] == 0
    code, _, err = says("ada", "signers", "revoke", "bob")
    assert code == 4 and "after this nobody could change the signers again" in err and "add another one first" in err


def test_approvers_without_a_key_are_warned_of(says: As) -> None:
    """Reviews on a forge need no key; changing the signers does."""
    assert says("ada", "signers", "add", "carol", "--forge", "carol", "--may", "approve")[0] == 0
    assert says("ada", "signers", "revoke", "bob")[0] == 0
    code, out, _ = says("ada", "signers", "approvals", "--by", "forge", "--required", "1")
    assert code == 0 and "after this nobody could change the signers again" in " ".join(out.split())
