"""From `publish --pr` through review and merge to `apply`, over a forge that judges every request."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.app.inprocess import run as pxctl
from tests.conftest import git
from tests.release.forge.fake import FakeGitHub

from pxctl.release.forge.body import plan_of

POLICY = "name: default\ndescription: {}\nroutes: [{{name: all, match: {{}}, candidates: [local/m]}}]\n"
PROJECT = """
environments: {{production: {{approvals: {{by: forge, required: 1}}}}}}
forge: {{repository: acme/config, url: "{url}", credential_ref: "env://FORGE_TOKEN"}}
credential_grants: [{{ref: "env://FORGE_TOKEN", hosts: ["127.0.0.1"]}}]
"""
FILES = {
    "providers/local.yaml": """
id: local
display_name: Local
kind: ollama
status: active
endpoints: [{region: eu, url: "http://127.0.0.1:9"}]
models: [{id: m}]
""",
    "routing-policies/default.yaml": POLICY.format("one"),
    "tenants/all.yaml": "tenants: [{id: acme, tier: a, business_line: b, region: eu, privacy_max: public}]\n",
}


class World:
    """A clone, its forge, and an environment that takes releases which somebody else reviewed."""

    def __init__(self, root: Path, fake: FakeGitHub, key: Path) -> None:
        self.root, self.fake, self.key = root, fake, key

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        return pxctl(*args, "--key", str(self.key), cwd=self.root)

    def change(self, text: str) -> None:
        (self.root / "routing-policies/default.yaml").write_text(POLICY.format(text))
        git(self.root, "commit", "-qam", text)
        git(self.root, "push", "-q", "origin", "main")

    def request(self) -> int:
        done = self.run("publish", "--env", "production", "--policy", "default", "--pr", "--reason", "better")
        assert done.returncode == 0, done.stderr
        return max(self.fake.pulls)

    def request_file(self, number: int) -> str:
        head = self.fake.pulls[number]["head"]["ref"]
        paths = git(self.fake.bare, "ls-tree", "-r", "--name-only", head).split()
        return next(path for path in paths if path.startswith("releases/"))

    def merge(self, number: int, how: str = "squash") -> None:
        self.fake.merge(number, how)
        git(self.root, "pull", "-q", "--ff-only", "origin", "main")

    def pins(self) -> dict[str, int]:
        done = pxctl("export-live", "--env", "production", "--tenant", "acme", "--format", "json", cwd=self.root)
        assert done.returncode == 0, done.stderr
        found: dict[str, int] = json.loads(done.stdout)["pins"]["policies"]
        return found


@pytest.fixture
def world(
    make_repo: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:  # fmt: skip
    fake = FakeGitHub(tmp_path)
    monkeypatch.setenv("FORGE_TOKEN", fake.token)
    try:
        root = make_repo({"pxctl.yaml": PROJECT.format(url=fake.url), **FILES})
        git(root, "remote", "add", "origin", str(fake.bare))
        git(root, "push", "-q", "origin", "main")
        key = tmp_path / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        made = World(root, fake, key)
        done = made.run("env", "init", "production", "--principal", "ada")
        assert done.returncode == 0, done.stderr
        assert "signers approvals --by forge --required 1" in done.stdout  # else nobody could ever add bob
        done = made.run("signers", "add", "bob", "--env", "production", "--forge", "bob", "--may", "approve")
        assert done.returncode == 0, done.stderr
        done = made.run("signers", "approvals", "--by", "forge", "--required", "1", "--env", "production")
        assert done.returncode == 0, done.stderr
        made.change("two")
        yield made
    finally:
        fake.close()
    assert fake.violations == []


@pytest.mark.parametrize("how", ["squash", "rebase", "merge"])
def test_a_reviewed_request_becomes_a_release(world: World, how: str) -> None:
    number = world.request()
    pull = world.fake.pulls[number]
    assert "default" in pull["title"]
    assert "sha256:" in (plan_of(pull["body"]) or "")
    assert {label["name"] for label in pull["labels"]} == {"pxctl", "env:production"}
    world.fake.review(number, "bob")
    world.merge(number, how)
    done = world.run("apply", "--env", "production")
    assert done.returncode == 0, done.stderr
    assert world.pins() == {"default": 2}
    record = json.loads(git(world.root, "show", "refs/pxctl/seen/env/production:RELEASE.json"))
    (approval,) = record["approvals"]
    assert (approval["principal"], approval["by"], approval["head"]) == ("bob", "forge", pull["head"]["sha"])
    assert world.fake.token not in done.stdout + done.stderr
    (status,) = world.fake.statuses[git(world.root, "rev-parse", "HEAD")]
    assert (status["context"], status["state"]) == ("pxctl/production", "success")
    assert status["description"] == f"release {record['seq']}"


def test_without_a_review_it_is_refused_and_a_late_one_is_enough(world: World) -> None:
    number = world.request()
    world.merge(number)
    done = world.run("apply", "--env", "production")
    assert (done.returncode, world.pins()) == (4, {"default": 1})
    assert "1 of 1 approvals are missing" in done.stderr
    (status,) = world.fake.statuses[git(world.root, "rev-parse", "HEAD")]
    assert (status["state"], len(status["description"]) <= 140) == ("failure", True)
    world.fake.review(number, "bob")
    assert world.run("apply", "--env", "production").returncode == 0
    assert world.pins() == {"default": 2}


def test_a_review_of_an_earlier_head_does_not_count(world: World) -> None:
    number = world.request()
    world.fake.review(number, "bob")
    head = world.fake.pulls[number]["head"]["ref"]
    path = world.request_file(number)
    text = git(world.fake.bare, "show", f"{head}:{path}")
    world.fake.commit(head, {path: text.replace("better", "other") + "\n"}, "after the review")
    world.merge(number)
    done = world.run("apply", "--env", "production")
    assert (done.returncode, world.pins()) == (4, {"default": 1})


def test_a_request_that_was_edited_after_its_merge_is_refused(world: World) -> None:
    number = world.request()
    world.fake.review(number, "bob")
    world.merge(number)
    (path,) = (world.root / "releases/production").iterdir()
    path.write_text(path.read_text().replace("better", "worse"))
    git(world.root, "commit", "-qam", "edit")
    git(world.root, "push", "-q", "origin", "main")
    done = world.run("apply", "--env", "production")
    assert (done.returncode, world.pins()) == (4, {"default": 1})
    assert "without a pull request" in done.stderr


def test_an_edit_by_a_second_reviewed_request_is_refused_too(world: World) -> None:
    number = world.request()
    path = world.request_file(number)
    world.fake.review(number, "bob")
    world.merge(number)
    world.fake.commit("direct", {path: (world.root / path).read_text().replace("better", "worse")}, "sneak", "mallory")
    world.fake._git("update-ref", "refs/heads/main", "refs/heads/direct")
    git(world.root, "pull", "-q", "--ff-only", "origin", "main")
    done = world.run("apply", "--env", "production")
    assert (done.returncode, world.pins()) == (4, {"default": 1})


def test_kargo_3923_asking_again_is_no_dead_end(world: World) -> None:
    assert world.request() == 1
    head = world.fake.tip(world.fake.pulls[1]["head"]["ref"])
    world.fake.review(1, "bob")
    assert world.request() == 1
    assert world.fake.tip(world.fake.pulls[1]["head"]["ref"]) == head  # and the review counts on
    assert [p["state"] for p in world.fake.pulls.values()].count("open") == 1
    world.change("three")
    assert world.request() == 1
    assert git(world.fake.bare, "merge-base", "--is-ancestor", str(head), world.fake.pulls[1]["head"]["ref"]) == ""
    world.merge(1)
    assert world.run("apply", "--env", "production").returncode == 4  # the review was for the request before


def test_doctor_says_how_main_is_protected(world: World) -> None:
    def look() -> dict[str, str]:
        done = pxctl("doctor", "--format", "json", cwd=world.root)
        checks = json.loads(done.stdout)["checks"]
        return {
            c["name"]: f"{c['verdict']} {c['detail']}" for c in checks if c["name"].startswith(("forge", "protection"))
        }

    assert look()["forge"] == "ok github acme/config answers"
    assert look()["protection of main"].startswith("warning none")
    parameters = {
        "required_approving_review_count": 1, "dismiss_stale_reviews_on_push": True,
        "require_last_push_approval": False, "require_code_owner_review": False,
        "required_review_thread_resolution": False,
    }  # fmt: skip
    source = {"ruleset_source_type": "Repository", "ruleset_source": "acme/config", "ruleset_id": 1}
    world.fake.rules = [{"type": "pull_request", "parameters": parameters, **source}]
    assert look()["protection of main"] == (
        "warning it does not ask for approval of the most recent push, no force pushes"
    )
    parameters["require_last_push_approval"] = True
    world.fake.rules.append({"type": "non_fast_forward", **source})
    assert look()["protection of main"].startswith("ok ")
    world.fake.token = "changed"
    assert look()["forge"].startswith("problem ")
