"""Requests: rollbacks that are asked for, and requests that became stale and are planned again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from pxctl.app.flows.release import Desk
from pxctl.release.audit import skip_problems
from tests.release.test_verbs import PROVIDER, Say, commit, edit, repository, run, say

__all__ = ["say"]
ENV = ("--env", "production")
FOLDER = "releases/production"


def pins(say: Say, tenant: str = "acme") -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads(say("export-live", *ENV, "--tenant", tenant, "--format", "json")[1])[
        "pins"
    ]
    return found


def files(root: Path) -> list[str]:
    return sorted(p.name for p in (root / FOLDER).iterdir())


@pytest.fixture
def root(tmp_path: Path, say: Say) -> Path:
    """Three versions of the policy, all of them released, and two of the provider."""
    made = repository(tmp_path)
    assert say("env", "init", "production")[0] == 0
    for note in ("two", "three"):
        edit(made, note)
        assert say("publish", *ENV, "--policy", "default")[0] == 0
    (made / "providers/ollama.yaml").write_text(PROVIDER.replace("8192", "4096"))
    commit(made, "provider")
    assert say("publish", *ENV, "--provider", "ollama")[0] == 0
    return made


@pytest.mark.parametrize(
    ("named", "file", "after"),
    [
        (("--policy", "default@1"), "0001-rollback-default-1.yaml", ({"default": 1}, {"ollama": 2})),
        (("--policy", "default@1", "--provider", "ollama@1"), "0001-rollback-default-1.yaml",
         ({"default": 1}, {"ollama": 1})),
        (("--to", "1"), "0001-rollback-default.yaml", ({"default": 1}, {"ollama": 1})),
        (("--to", "2", "--policy", "default"), "0001-rollback-default.yaml", ({"default": 2}, {"ollama": 2})),
        ((), "0001-rollback-ollama.yaml", ({"default": 3}, {"ollama": 1})),
    ],
    ids=["version", "two-subjects", "to", "to-one-subject", "last"],
)  # fmt: skip
def test_a_rollback_is_asked_for_and_applied(
    root: Path, say: Say, named: tuple[str, ...], file: str, after: tuple[dict[str, int], dict[str, int]]
) -> None:
    code, out, err = say("rollback", *ENV, *named, "--request", "--reason", "older than the window")
    assert code == 0 and "a plan, nothing was changed" in out and f"wrote {FOLDER}/{file}" in err
    assert pins(say)["policies"] == {"default": 3}
    commit(root, "ask")
    code, out, err = say("apply", *ENV)
    assert code == 0, err
    assert (pins(say)["policies"], pins(say)["providers"]) == after
    assert say("audit", "verify", *ENV)[0] == 0
    assert file in say("audit", "show", "5", *ENV)[1]


def test_a_rollback_of_some_tenants_names_them(root: Path, say: Say) -> None:
    assert say("rollback", *ENV, "--policy", "default@1", "--tenant", "acme,globex", "--request")[0] == 0
    request = yaml.safe_load((root / FOLDER / "0001-rollback-default-1.yaml").read_text())
    assert request["tenants"] == {"names": ["acme", "globex"]}
    commit(root, "ask")
    assert say("apply", *ENV)[0] == 0
    assert [pins(say, t)["policies"]["default"] for t in ("acme", "globex", "initech")] == [1, 1, 3]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--policy", "default@9"), "is not among the versions"),
        (("--policy", "nope"), "`policies/nope` was never released here"),
        (("--policy", "No Such"), "was never released here"),
        (("--policy", "default@1", "--to", "1"), "name two points"),
        (("--to", "99"), "there is no release 99"),
        (("--policy", "default@1", "--tenant", "nobody"), "has no tenant `nobody`"),
        (("--policy", "default@1", "--pr"), "--pr and --request are two ways"),
        (("--policy", "default@x"), "default@x"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_rollback_that_cannot_be_is_refused_before_a_request_is_written(
    root: Path, say: Say, words: tuple[str, ...], message: str
) -> None:
    code, _, err = say("rollback", *ENV, *words, "--request", "--reason", "x")
    assert code == 2 and message in err
    assert not (root / FOLDER).exists()


def test_a_tier_of_a_handwritten_rollback_request_that_matches_nobody_is_said(root: Path, say: Say) -> None:
    assert say("rollback", *ENV, "--policy", "default@1", "--request")[0] == 0
    path = root / FOLDER / "0001-rollback-default-1.yaml"
    path.write_text(path.read_text().replace("everyone", "{tier: [nobody]}"))
    commit(root, "ask")
    code, _, err = say("apply", *ENV)
    assert code == 2 and "the selection matches no tenant" in err


def stale(root: Path, say: Say) -> str:
    """A request on main that another release made stale; the hint that came with it."""
    edit(root, "four")
    assert say("publish", *ENV, "--policy", "default", "--request", "--reason", "why")[0] == 0
    commit(root, "ask")
    (root / "providers/ollama.yaml").write_text(PROVIDER.replace("8192", "2048"))
    commit(root, "provider again")
    assert say("publish", *ENV, "--provider", "ollama")[0] == 0
    code, _, err = say("apply", *ENV)
    assert code == 4 and "stale plan" in err
    return err


def test_a_stale_request_is_planned_again_with_the_command_that_the_hint_names(root: Path, say: Say) -> None:
    hint = stale(root, say)
    command = "publish --refresh releases/production/0001-default-4.yaml"
    assert f"pxctl {command}" in hint
    edit(root, "five, which nobody reviewed in this request")
    code, _, err = say(*command.split())
    assert code == 0 and "whoever agreed to the old plan has to agree to this one" in err
    assert files(root) == ["0001-default-4.yaml"]
    commit(root, "refreshed")
    code, _, err = say("apply", *ENV)
    assert code == 0, err
    assert pins(say)["policies"] == {"default": 4}
    live = json.loads(say("export-live", *ENV, "--tenant", "acme", "--format", "json")[1])
    assert live["policies"]["default"]["description"] == "four"
    code, _, err = say(*command.split())
    assert code == 4 and "is applied already" in err


def test_a_dry_run_says_that_a_request_is_stale(root: Path, say: Say) -> None:
    hint = stale(root, say)
    code, _, err = say("apply", *ENV, "--dry-run")
    assert code == 4 and err == hint


def test_a_request_whose_version_was_taken_is_given_the_next_one(root: Path, say: Say) -> None:
    edit(root, "four")
    source = run(root, "rev-parse", "HEAD")
    say("publish", *ENV, "--policy", "default", "--request")
    commit(root, "ask")
    edit(root, "another")
    assert say("publish", *ENV, "--policy", "default")[0] == 0
    code, _, err = say("apply", *ENV)
    assert code == 4 and "asks for policies/default@4" in err and "publish --refresh" in err
    assert say("publish", "--refresh", f"{FOLDER}/0001-default-4.yaml")[0] == 0
    request = yaml.safe_load((root / FOLDER / "0001-default-4.yaml").read_text())
    assert (request["version"], request["source"]) == (5, source)
    commit(root, "refreshed")
    assert say("apply", *ENV)[0] == 0
    assert pins(say)["policies"] == {"default": 5}


def test_a_request_that_was_overtaken_gets_the_next_number(root: Path, say: Say) -> None:
    say("rollback", *ENV, "--policy", "default@1", "--tenant", "globex", "--request")
    late = (root / FOLDER / "0001-rollback-default-1.yaml").read_text()
    say("rollback", *ENV, "--policy", "default@2", "--tenant", "acme", "--request")
    (root / FOLDER / "0001-rollback-default-1.yaml").unlink()
    commit(root, "ask")
    assert say("apply", *ENV)[0] == 0
    (root / FOLDER / "0001-rollback-default-1.yaml").write_text(late)
    commit(root, "merged late")
    code, _, err = say("apply", *ENV)
    assert code == 4 and "comes before" in err
    command = next(line for line in err.splitlines() if "--refresh" in line).split("pxctl ")[1].split(";")[0]
    assert say(*command.split())[0] == 0
    assert files(root) == ["0002-rollback-default-2.yaml", "0003-rollback-default-1.yaml"]
    commit(root, "renumbered")
    assert say("apply", *ENV)[0] == 0
    assert pins(say, "globex")["policies"] == {"default": 1}


def test_what_somebody_else_released_meanwhile_need_not_be_refreshed(root: Path, say: Say) -> None:
    edit(root, "four")
    say("publish", *ENV, "--policy", "default", "--request")
    commit(root, "ask")
    assert say("publish", *ENV, "--policy", "default")[0] == 0
    code, out, err = say("publish", "--refresh", f"{FOLDER}/0001-default-4.yaml")
    assert code == 0 and "nothing to do" in out
    assert f"nothing is left for it to do: remove {FOLDER}/0001-default-4.yaml" in err


def test_nothing_to_refresh_changes_nothing(root: Path, say: Say) -> None:
    edit(root, "four")
    say("publish", *ENV, "--policy", "default", "--request")
    before = (root / FOLDER / "0001-default-4.yaml").read_text()
    code, _, err = say("publish", "--refresh", f"./{FOLDER}/0001-default-4.yaml")
    assert code == 0 and "nothing to refresh" in err
    assert (root / FOLDER / "0001-default-4.yaml").read_text() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--refresh", "0042"), "`0042` is no release request"),
        (("--refresh", "releases/production/0042-default.yaml"), "there is no request"),
        (("--refresh", "releases/nowhere/0042-default.yaml"), "no environment `nowhere`"),
        (("--refresh", "releases/production/0001-x.yaml", "--policy", "default"), "plans a request again as it is"),
        (("--refresh", "releases/production/0001-x.yaml", "--direct"), "plans a request again as it is"),
        (("--refresh", "releases/production/0001-x.yaml", "--pr"), "names no forge"),
        (("--policy", "default", "--pr", "--direct"), "--direct and --pr are two ways of releasing"),
    ],
)
def test_refresh_says_what_is_wrong(root: Path, say: Say, words: tuple[str, ...], message: str) -> None:
    code, _, err = say("publish", *words)
    assert code == 2 and message in err and "hint" in err


def test_a_broken_request_is_not_refreshed(root: Path, say: Say) -> None:
    (root / FOLDER).mkdir(parents=True)
    (root / FOLDER / "0001-x.yaml").write_text("op: nothing\n")
    code, _, err = say("publish", "--refresh", f"{FOLDER}/0001-x.yaml")
    assert code == 2 and "0001-x.yaml" in err and "mend it, or remove it" in err


def test_a_request_with_nothing_left_to_do_is_done_with(root: Path, say: Say) -> None:
    """Else it would be taken up again after a rollback, or hold up everything after it."""
    edit(root, "four")
    say("publish", *ENV, "--policy", "default", "--request", "--reason", "first")
    say("publish", *ENV, "--policy", "default", "--request", "--reason", "somebody else asked too")
    commit(root, "both merged")
    assert files(root) == ["0001-default-4.yaml", "0002-default-4.yaml"]
    code, out, _ = say("apply", *ENV)
    assert code == 0
    assert f"skip {FOLDER}/0002-default-4.yaml: everybody in the selection already has policies/default@4" in out
    assert "every request on main is applied" in say("apply", *ENV)[1]
    assert say("rollback", *ENV, "--reason", "bad")[0] == 0
    assert "every request on main is applied" in say("apply", *ENV)[1]
    say("rollback", *ENV, "--policy", "default@1", "--request")
    commit(root, "the next one")
    assert say("apply", *ENV)[0] == 0
    assert pins(say)["policies"] == {"default": 1}
    assert say("audit", "verify", *ENV)[0] == 0
    assert "skip releases/production/0002-default-4.yaml" in say("audit", "log", *ENV)[1]


def test_a_dry_run_records_nothing(root: Path, say: Say) -> None:
    edit(root, "four")
    say("publish", *ENV, "--policy", "default", "--request")
    commit(root, "ask")
    assert say("publish", *ENV, "--policy", "default")[0] == 0
    code, out, _ = say("apply", *ENV, "--dry-run")
    assert code == 0 and "nothing to do: everybody in the selection" in out and "skip" not in out


def test_asking_twice_is_asking_once(root: Path, say: Say) -> None:
    edit(root, "four")
    for words in (("publish", "--policy", "default"), ("rollback", "--policy", "default@1", "--reason", "x")):
        assert say(*words, *ENV, "--request")[0] == 0
        before = files(root)
        code, _, err = say(*words, *ENV, "--request")
        assert code == 0 and "asks for exactly this already" in err
        assert files(root) == before


def test_audit_verify_finds_a_skip_that_changes_something(root: Path, say: Say) -> None:
    branch = Desk(root, "production").branch
    view = branch.view(branch.tip())
    made = view.release
    assert made is not None
    skip = made.model_copy(update={"op": "skip", "request": "releases/production/0001-x.yaml"})
    assert skip_problems(view, skip) == []
    assert skip_problems(view, skip.model_copy(update={"request": None})) == ["a `skip` release names no request"]
    assert skip_problems(view, skip.model_copy(update={"stable": {}})) == ["a `skip` release does not change `stable`"]
