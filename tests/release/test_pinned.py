"""Providers that an environment's tenants have: main does not let go of them by accident, and there is a way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.release.test_requests import ENV, pins
from tests.release.test_verbs import POLICY, PROVIDER, Say, commit, repository, run, say

__all__ = ["say"]
SECOND = PROVIDER.replace("id: ollama", "id: second")
WITHDRAW = ("publish", *ENV, "--provider", "second", "--withdraw", "--reason", "contract ends")


@pytest.fixture(params=[False, True], ids=["local", "remote"])
def root(request: pytest.FixtureRequest, tmp_path: Path, say: Say) -> Path:
    """Two providers, both live; the policy names `second` as a fallback."""
    made = repository(tmp_path, remote=request.param)
    (made / "providers/second.yaml").write_text(SECOND)
    (made / "routing-policies/default.yaml").write_text(
        POLICY.replace("    candidates:", "    fallbacks: [second/llama3.2]\n    candidates:")
    )
    commit(made, "two providers")
    assert say("env", "init", "production")[0] == 0
    return made


def remove(root: Path) -> None:
    (root / "routing-policies/default.yaml").write_text(POLICY)
    (root / "providers/second.yaml").unlink()
    commit(root, "without second")


def disable(root: Path) -> None:
    (root / "providers/second.yaml").write_text(SECOND + "enabled: false\n")
    commit(root, "second is off")


def strip(root: Path) -> None:
    (root / "providers/second.yaml").write_text(SECOND + "secret_policy: required\n")
    commit(root, "second needs a secret and has none")


@pytest.mark.parametrize(
    ("change", "what"),
    [(remove, "removed"), (disable, "disabled"), (strip, "left without its secret")],
    ids=["removed", "disabled", "secret"],
)
def test_plan_fails_on_a_provider_that_is_taken_from_whoever_has_it(
    root: Path, say: Say, change: Callable[[Path], None], what: str
) -> None:
    change(root)
    code, out, _ = say("plan", "HEAD~1..HEAD", "--no-prove")
    assert code == 1
    assert "pinned" in out and f"3 tenants of production have `second`, which is {what}" in out
    assert "pxctl publish --env production --provider second --withdraw --reason WHY" in " ".join(out.split())
    assert "--allow-pinned" in out
    code, out, _ = say("plan", "HEAD~1..HEAD", "--no-prove", "--format", "json")
    assert code == 1 and [limit["ok"] for limit in json.loads(out)["limits"]] == [False]
    assert "`pinned`" in say("plan", "HEAD~1..HEAD", "--no-prove", "--format", "markdown")[1]
    assert say("plan", "HEAD~1..HEAD", "--no-prove", "--allow-pinned")[0] == 0
    assert say("plan", "HEAD..HEAD~1", "--no-prove")[0] == 0, "giving it back takes nothing away"


def test_a_remote_that_cannot_be_read_is_said_and_what_was_fetched_counts(tmp_path: Path, say: Say) -> None:
    """As on a pull request's machine: everything was fetched once, and the remote cannot be asked again."""
    made = repository(tmp_path, remote=True)
    (made / "providers/second.yaml").write_text(SECOND)
    commit(made, "two providers")
    assert say("env", "init", "production")[0] == 0
    run(made, "fetch", "-q", "origin")
    run(made, "update-ref", "-d", "refs/pxctl/seen/env/production")
    (tmp_path / "remote.git").rename(tmp_path / "gone.git")
    (made / "providers/second.yaml").unlink()
    commit(made, "without second")
    code, out, _ = say("plan", "HEAD~1..HEAD", "--no-prove")
    assert code == 1 and "3 tenants of production have `second`" in out
    assert "production was compared as it was last read" in " ".join(out.split())


def test_the_way_out_step_by_step(root: Path, say: Say) -> None:
    code, _, err = say(*WITHDRAW)
    assert code == 4 and "policies/default@1 still names `second`" in err and "--force" in err
    (root / "routing-policies/default.yaml").write_text(POLICY)
    commit(root, "the policy does without it")
    assert say("publish", *ENV, "--policy", "default")[0] == 0
    code, out, _ = say(*WITHDRAW, "--dry-run")
    assert code == 0 and "withdraw providers/second" in out and "3 of 3 tenants" in out
    assert say(*WITHDRAW)[0] == 0
    assert pins(say)["providers"] == {"ollama": 1}
    remove_file = root / "providers/second.yaml"
    remove_file.unlink()
    commit(root, "and now main")
    code, out, _ = say("plan", "HEAD~1..HEAD", "--no-prove")
    assert code == 0 and "pinned" not in out
    assert say("audit", "verify", *ENV)[0] == 0
    code, out, _ = say(*WITHDRAW)
    assert code == 0 and "nobody has providers/second" in out


def test_force_takes_it_although_it_is_named_and_the_way_back_gives_it_back(root: Path, say: Say) -> None:
    code, out, _ = say(*WITHDRAW, "--force")
    assert code == 0 and "policies/default@1 still names it" in out
    assert pins(say)["providers"] == {"ollama": 1}
    assert "withdraw providers/second" in say("audit", "log", *ENV)[1]
    assert say("export-live", *ENV, "--tenant", "acme")[0] == 0
    code, _, err = say("rollback", *ENV, "--provider", "second", "--to", "1", "--reason", "too early")
    assert code == 0, err
    assert pins(say)["providers"] == {"ollama": 1, "second": 1}
    assert say("audit", "verify", *ENV)[0] == 0


def test_it_does_not_come_back_by_itself(root: Path, say: Say) -> None:
    assert say(*WITHDRAW, "--force")[0] == 0
    for words in (("publish", "--provider", "second"), ("retry", "--provider", "second")):
        code, _, err = say(*words, *ENV)
        assert code == 4 and "was withdrawn by release 2" in err
    assert say("publish", *ENV, "--provider", "second", "--again", "--reason", "the contract goes on")[0] == 0
    assert pins(say)["providers"] == {"ollama": 1, "second": 1}


def test_a_running_rollout_does_not_give_it_back_to_whom_it_was_taken_from(root: Path, say: Say) -> None:
    (root / "providers/second.yaml").write_text(SECOND.replace("8192", "4096"))
    commit(root, "second, again")
    assert say("publish", *ENV, "--provider", "second", "--rollout", "standard")[0] == 0
    assert say("promote", *ENV)[0] == 0
    assert pins(say, "acme")["providers"]["second"] == 2
    assert say(*WITHDRAW, "--force", "--tenants", "acme")[0] == 0
    assert say("promote", *ENV, "--full")[0] == 0
    assert "second" not in pins(say, "acme")["providers"] and pins(say, "globex")["providers"]["second"] == 2
    assert say("audit", "verify", *ENV)[0] == 0


def test_who_joins_later_does_not_get_it(root: Path, say: Say) -> None:
    assert say(*WITHDRAW, "--force")[0] == 0
    roster = root / "tenants/all.yaml"
    roster.write_text(roster.read_text() + roster.read_text().splitlines()[1].replace("acme", "newcomer") + "\n")
    commit(root, "somebody joins")
    assert say("publish", *ENV, "--roster")[0] == 0
    assert pins(say, "newcomer")["providers"] == {"ollama": 1}


def test_from_some_tenants_only(root: Path, say: Say) -> None:
    assert say(*WITHDRAW, "--force", "--tenants", "acme")[0] == 0
    assert (pins(say, "acme")["providers"], pins(say, "globex")["providers"]) == (
        {"ollama": 1}, {"ollama": 1, "second": 1},
    )  # fmt: skip


def test_a_withdrawal_can_be_asked_for(root: Path, say: Say) -> None:
    assert say(*WITHDRAW, "--force", "--request")[0] == 0
    commit(root, "ask")
    assert say("apply", *ENV)[0] == 0
    assert pins(say)["providers"] == {"ollama": 1}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--provider", "second", "--withdraw"), "withdrawing a provider needs a reason"),
        (("--policy", "default", "--withdraw", "--reason", "x"), "`policies/default` cannot be withdrawn"),
        (("--provider", "nope", "--withdraw", "--reason", "x"), "`providers/nope` was never released here"),
        (("--provider", "second", "--withdraw", "--reason", "x", "--tenants", "nobody"), "no tenant named `nobody`"),
    ],
)
def test_wrong_uses_say_so(root: Path, say: Say, words: tuple[str, ...], message: str) -> None:
    code, _, err = say("publish", *ENV, *words)
    assert code == 2 and message in err and "hint" in err
