"""The workflows: least permissions, no secret for forks, nothing spliced into scripts; and the scripts run for real."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml_rs
from tests.app.inprocess import run as pxctl
from tests.conftest import git
from tests.release.targets.service import Service

from pxctl.app.cli.verbs import VERBS

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
WRITES = {
    "apply.yml": {"contents", "statuses"}, "promote.yml": {"contents"}, "sync.yml": set(), "ci.yml": set(),
    "pxctl.yml": {"pull-requests"},
}  # fmt: skip
"""What each workflow may write, and nothing else."""
TRUSTED = {"actions"}


def read(path: Path) -> dict[str, Any]:
    return yaml_rs.loads(path.read_text(encoding="utf-8"))


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def triggers(workflow: dict[str, Any]) -> set[str]:
    on = workflow["on"]
    return {on} if isinstance(on, str) else set(on)


def test_every_workflow_is_known() -> None:
    assert {path.name for path in FILES} == set(WRITES)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
class TestWorkflow:
    """What holds for each."""

    def test_permissions_are_given_and_least(self, path: Path) -> None:
        workflow = read(path)
        given = [workflow["permissions"], *(job.get("permissions", {}) for job in workflow["jobs"].values())]
        assert all(isinstance(one, dict) for one in given), "read-all and write-all are too much"
        assert {name for one in given for name, what in one.items() if what == "write"} == WRITES[path.name]
        assert {what for one in given for what in one.values()} <= {"read", "write", "none"}

    def test_nothing_is_spliced_into_scripts(self, path: Path) -> None:
        for step in steps(read(path)):
            assert "${{" not in step.get("run", ""), step.get("name")

    def test_actions_are_pinned_to_a_version_and_of_known_owners(self, path: Path) -> None:
        for step in steps(read(path)):
            if "uses" in step:
                assert re.fullmatch(r"[\w.-]+/[\w./-]+@(v[0-9]+(\.[0-9]+)*|[0-9a-f]{40})", step["uses"]), step["uses"]
                assert step["uses"].split("/")[0] in TRUSTED

    def test_pull_requests_see_no_secret(self, path: Path) -> None:
        workflow = read(path)
        assert "pull_request_target" not in triggers(workflow)
        if "pull_request" in triggers(workflow):
            assert "secrets." not in path.read_text(encoding="utf-8")
            assert all(
                step["with"]["persist-credentials"] is False
                for step in steps(workflow)
                if "checkout" in step.get("uses", "")
            )

    def test_what_has_secrets_or_writes_contents_runs_for_main_alone_and_not_in_forks(self, path: Path) -> None:
        workflow = read(path)
        for job in workflow["jobs"].values():
            text = json.dumps(job)
            if "secrets." in text or job.get("permissions", {}).get("contents") == "write":
                assert "github.ref == 'refs/heads/main'" in job["if"]
                assert "!github.event.repository.fork" in job["if"]
                assert not triggers(workflow) & {"pull_request", "issue_comment", "issues", "fork", "discussion"}

    def test_it_ends_and_does_not_run_twice_at_once(self, path: Path) -> None:
        workflow = read(path)
        assert "concurrency" in workflow
        assert all(job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())

    def test_scripts_are_valid_and_use_verbs_that_exist(self, path: Path) -> None:
        for step in steps(read(path)):
            script = step.get("run", "")
            subprocess.run(["bash", "-n"], input=script, text=True, check=True)
            for verb in re.findall(r"(?:^|[\s(|])pxctl ([a-z-]+)", script):
                assert verb in {known.name for known in VERBS}

    def test_no_secret_is_an_argument(self, path: Path) -> None:
        for step in steps(read(path)):
            assert "secrets." not in json.dumps(step.get("with", {}))


def test_releasing_workflows_never_run_side_by_side() -> None:
    groups = [read(ROOT / ".github/workflows" / name)["concurrency"] for name in ("apply.yml", "promote.yml")]
    assert groups[0] == groups[1]
    assert groups[0]["cancel-in-progress"] is False


# the scripts themselves


@pytest.fixture
def bash(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the step of a workflow in a repository, as the runner does, with this pxctl on PATH."""
    if not shutil.which("jq"):
        pytest.skip("needs jq")
    folder = tmp_path / "bin"
    folder.mkdir()
    tool = folder / "pxctl"
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from pxctl.app.main import main; main()" "$@"\n')
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)

    def run(workflow: str, step: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
        (script,) = (s["run"] for s in steps(read(ROOT / ".github/workflows" / workflow)) if s.get("name") == step)
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=cwd, capture_output=True, text=True,
            env={**os.environ, "PATH": path, "RUNNER_TEMP": str(tmp_path), **env}, timeout=120,
        )  # fmt: skip

    return run


POLICY = "name: default\ndescription: {}\nroutes: [{{name: all, match: {{}}, candidates: [local/m]}}]\n"
PROVIDER = """
id: local
display_name: Local
kind: ollama
status: active
endpoints: [{region: eu, url: "http://127.0.0.1:9"}]
models: [{id: m}]
"""
PROJECT = """
environments: {{production: {{rollout: two, targets: [service]}}, staging: {{}}}}
rollouts: {{two: {{steps: [{{canary: {{names: [acme]}}}}, {{full: true}}]}}}}
targets: {{service: {{kind: http, url: "{url}"}}}}
"""
TENANTS = "tenants: [{id: acme, tier: a, business_line: b, region: eu, privacy_max: public}," \
    " {id: beta, tier: a, business_line: b, region: eu, privacy_max: public}]\n"  # fmt: skip


def test_from_a_merged_request_to_the_service(
    make_repo: Callable[..., Path], bash: Callable[..., subprocess.CompletedProcess[str]],
) -> None:  # fmt: skip
    service = Service()
    try:
        repo = make_repo({
            "pxctl.yaml": PROJECT.format(url=service.url), "providers/local.yaml": PROVIDER,
            "routing-policies/default.yaml": POLICY.format("one"), "tenants/all.yaml": TENANTS,
        })  # fmt: skip
        assert pxctl("env", "init", "production", cwd=repo).returncode == 0
        (repo / "routing-policies/default.yaml").write_text(POLICY.format("two"))
        git(repo, "commit", "-qam", "two")
        done = pxctl("publish", "--env", "production", "--policy", "default", "--request", cwd=repo)
        assert done.returncode == 0, done.stderr
        git(repo, "add", "releases")
        git(repo, "commit", "-qm", "a release request, merged")

        for _ in range(2):  # the second time there is nothing to do
            done = bash("apply.yml", "apply", repo, SIGNING_KEY="")
            assert done.returncode == 0, done.stderr
        assert git(repo, "rev-list", "--count", "env/production") == "2"
        done = bash("promote.yml", "promote what is ready", repo, SIGNING_KEY="", ENVIRONMENT="")
        assert done.returncode == 0, done.stderr
        assert git(repo, "rev-list", "--count", "env/production") == "3"
        done = bash("sync.yml", "sync", repo, ENVIRONMENT="", DRY_RUN="true")
        assert done.returncode == 1, done.stderr
        assert service.tenants == {}
        done = bash("sync.yml", "sync", repo, ENVIRONMENT="", DRY_RUN="")
        assert done.returncode == 0, done.stderr
        assert {t: c["config"]["pins"]["policies"]["default"] for t, c in service.tenants.items()} == {
            "acme": 2,
            "beta": 2,
        }
    finally:
        service.close()


def test_a_request_that_is_refused_makes_the_run_red(
    make_repo: Callable[..., Path], bash: Callable[..., subprocess.CompletedProcess[str]],
) -> None:  # fmt: skip
    repo = make_repo({
        "pxctl.yaml": "environments: {production: {}}\n", "providers/local.yaml": PROVIDER,
        "routing-policies/default.yaml": POLICY.format("one"), "tenants/all.yaml": TENANTS,
        "releases/production/0001-x.yaml": "op: publish\nsubject: policies/default\n",
    })  # fmt: skip
    assert pxctl("env", "init", "production", cwd=repo).returncode == 0
    done = bash("apply.yml", "apply", repo, SIGNING_KEY="")
    assert done.returncode == 4
    assert "no plan_digest" in done.stderr


def test_a_name_with_tricks_stays_an_argument(
    make_repo: Callable[..., Path], bash: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    repo = make_repo({"pxctl.yaml": "environments: {production: {}}\n"})
    done = bash(
        "promote.yml",
        "promote what is ready",
        repo,
        SIGNING_KEY="",
        ENVIRONMENT="$(touch${IFS}owned);`touch${IFS}owned`",
    )
    assert done.returncode != 0
    assert not (repo / "owned").exists()


def test_the_signing_key_does_not_stay(
    make_repo: Callable[..., Path], bash: Callable[..., object], tmp_path: Path
) -> None:
    repo = make_repo({"pxctl.yaml": "environments: {production: {}}\n"})
    done = bash("apply.yml", "apply", repo, SIGNING_KEY="-----BEGIN OPENSSH PRIVATE KEY-----")
    assert done.returncode == 0
    assert "BEGIN OPENSSH" not in done.stdout + done.stderr
    assert not (tmp_path / "pxctl-key").exists()
