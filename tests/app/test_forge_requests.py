"""Requests that are planned again in their own pull request, and rollbacks that others agree to."""

from __future__ import annotations

from tests.app.inprocess import run as pxctl
from tests.app.test_forge import World, world
from tests.conftest import git

__all__ = ["world"]
ENV = ("--env", "production")


def open_pulls(world: World) -> list[int]:
    return [n for n, pull in world.fake.pulls.items() if pull["state"] == "open"]


def provider_request(world: World) -> int:
    """A reviewed request of another subject, which moves the pins of the same tenant."""
    path = world.root / "providers/local.yaml"
    path.write_text(path.read_text().replace("Local", "Local again"))
    git(world.root, "commit", "-qam", "provider")
    git(world.root, "push", "-q", "origin", "main")
    done = world.run("publish", *ENV, "--provider", "local", "--pr")
    assert done.returncode == 0, done.stderr
    number = max(world.fake.pulls)
    world.fake.review(number, "bob")
    return number


def test_an_open_request_that_became_stale_is_planned_again_in_the_same_pull_request(world: World) -> None:
    number = world.request()
    path = world.request_file(number)
    world.fake.review(number, "bob")
    old = world.fake.pulls[number]["body"]
    world.merge(provider_request(world))
    assert world.run("apply", *ENV).returncode == 0
    done = world.run("publish", "--refresh", path)
    assert done.returncode == 0, done.stderr
    assert f"pull request {number}" in done.stderr
    assert "whoever agreed to the old plan has to agree to this one" in done.stderr
    assert open_pulls(world) == [number]
    assert world.fake.pulls[number]["body"] != old
    # both began as number 1; the other one was applied first, so this one has the next number now
    assert (path, world.request_file(number)) == (
        "releases/production/0001-default-2.yaml", "releases/production/0002-default-2.yaml",
    )  # fmt: skip
    again = world.run("publish", "--refresh", "releases/production/0002-default-2.yaml")
    assert again.returncode == 0 and "nothing to refresh" in again.stderr
    world.merge(number)
    refused = world.run("apply", *ENV)
    assert refused.returncode == 4 and "approvals are missing" in refused.stderr  # bob saw the plan before
    world.fake.review(number, "bob")
    assert world.run("apply", *ENV).returncode == 0
    assert world.pins() == {"default": 2}


def test_a_merged_request_that_became_stale_gets_a_pull_request_of_its_own(world: World) -> None:
    first, second = world.request(), provider_request(world)
    world.fake.review(first, "bob")
    world.merge(first)
    world.merge(second)
    refused = world.run("apply", *ENV)
    path = "releases/production/0001-local-2.yaml"
    assert refused.returncode == 4 and world.pins() == {"default": 2}
    assert "stale plan" in refused.stderr and f"pxctl publish --refresh {path}" in refused.stderr
    done = world.run("publish", "--refresh", path)
    assert done.returncode == 0, done.stderr
    assert open_pulls(world) == [second + 1]
    world.fake.review(second + 1, "bob")
    world.merge(second + 1)
    done = world.run("apply", *ENV)
    assert done.returncode == 0 and "publish providers/local@2" in done.stdout, done.stderr


def test_a_rollback_that_others_agree_to(world: World) -> None:
    number = world.request()
    world.fake.review(number, "bob")
    world.merge(number)
    assert world.run("apply", *ENV).returncode == 0
    done = world.run("rollback", *ENV, "--policy", "default@1", "--pr", "--reason", "refusals doubled")
    assert done.returncode == 0, done.stderr
    number = max(world.fake.pulls)
    assert world.fake.pulls[number]["title"] == "production: rollback policies/default to @1"
    assert world.fake.pulls[number]["head"]["ref"] == "pxctl/production-0002-rollback-default-1"
    world.merge(number)
    assert world.run("apply", *ENV).returncode == 4
    world.fake.review(number, "bob")
    done = world.run("apply", *ENV)
    assert done.returncode == 0, done.stderr
    assert world.pins() == {"default": 1}
    assert "ada (signed) +1" in pxctl("audit", "log", *ENV, cwd=world.root).stdout
