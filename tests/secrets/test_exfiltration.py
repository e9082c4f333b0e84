"""A change under review points something elsewhere: the thief's server must never see the secret.

Each attack is a branch with one commit on top of a main branch whose grants are fine; `pxctl validate` runs as CI
would, and whatever arrives at the thief is searched for the canary.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import git
from tests.repos import PROJECT, provider_yaml, pxctl
from tests.servers import RawServer, free_port, http, raw_server

CANARY = "canary-4711-never-to-be-seen"
BODY = {
    "model": "gpt-4.1-mini", "choices": [{"message": {"content": "ready"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1},
}  # fmt: skip


def serve(connection: socket.socket, _: bytes) -> None:
    connection.sendall(http("200 OK", json.dumps(BODY)))


@pytest.fixture
def honest() -> Iterator[RawServer]:
    with raw_server(serve) as server:
        yield server


@pytest.fixture
def thief() -> Iterator[RawServer]:
    with raw_server(serve) as server:
        yield server


@pytest.fixture
def repo(make_repo: Callable[..., Path], honest: RawServer) -> Path:
    root = make_repo(
        {
            "pxctl.yaml": PROJECT % f"127.0.0.1:{honest.port}",
            "providers/p.yaml": provider_yaml("p", honest.url, credential_ref="env://LLM_KEY"),
        }
    )
    git(root, "checkout", "-q", "-b", "change")
    return root


def attack(root: Path, files: dict[str, str], *args: str, **env: str):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "harmless")
    done = pxctl(root, "validate", "p", *args, env={"LLM_KEY": CANARY, "OTHER_KEY": CANARY, **env})
    assert CANARY not in done.stdout + done.stderr
    return done


def clean(server: RawServer) -> bool:
    return CANARY.encode() not in b"".join(server.requests)


def test_without_an_attack_the_secret_arrives(repo: Path, honest: RawServer) -> None:
    assert attack(repo, {"README.md": "x"}).returncode == 0
    assert CANARY.encode() in honest.requests[0]


def test_url(repo: Path, thief: RawServer) -> None:
    done = attack(repo, {"providers/p.yaml": provider_yaml("p", thief.url)})
    assert done.returncode == 1 and "not granted" in done.stdout and thief.requests == []


def test_credential_ref(repo: Path, thief: RawServer, honest: RawServer) -> None:
    (repo / "key").write_text(CANARY)
    (repo / "key").chmod(0o600)
    for ref in ("env://OTHER_KEY", f"file://{repo}/key", "env://LLM_KEY2"):
        done = attack(repo, {"providers/p.yaml": provider_yaml("p", honest.url, credential_ref=ref)}, LLM_KEY2=CANARY)
        assert done.returncode == 1 and "not granted" in done.stdout
    assert honest.requests == [] and thief.requests == []


def test_credential_grants(repo: Path, thief: RawServer) -> None:
    files = {"pxctl.yaml": PROJECT % "127.0.0.1", "providers/p.yaml": provider_yaml("p", thief.url)}
    done = attack(repo, files)
    assert done.returncode == 1 and "not granted" in done.stdout and thief.requests == []


def test_grants_of_a_branch_that_the_change_names_as_main(repo: Path, thief: RawServer) -> None:
    project = (PROJECT % "127.0.0.1") + "forge: {kind: github, main: change}\nstate: {remote: evil}\n"
    done = attack(repo, {"pxctl.yaml": project, "providers/p.yaml": provider_yaml("p", thief.url)})
    assert done.returncode == 1 and thief.requests == []


def test_proxy_settings(repo: Path, thief: RawServer, honest: RawServer) -> None:
    for name in ("proxy", "http_proxy", "base_url", "headers", "url"):
        done = attack(repo, {"providers/p.yaml": provider_yaml("p", honest.url, options={name: thief.url})})
        assert done.returncode == 1 and f"no option `{name}`" in done.stdout
    done = attack(repo, {"providers/p.yaml": provider_yaml("p", honest.url, proxy=thief.url)})
    assert done.returncode == 1 and "PX" not in done.stdout
    files = {"providers/p.yaml": provider_yaml("p", honest.url), ".env": f"HTTP_PROXY={thief.url}\n"}
    assert attack(repo, files, HTTP_PROXY=thief.url, http_proxy=thief.url, ALL_PROXY=thief.url).returncode == 0
    assert thief.requests == []


def test_a_region_s_endpoint(repo: Path, thief: RawServer, honest: RawServer) -> None:
    endpoints = [{"region": "us", "url": honest.url}, {"region": "eu", "url": thief.url}]
    done = attack(repo, {"providers/p.yaml": provider_yaml("p", honest.url, endpoints=endpoints)})
    assert done.returncode == 1 and "eu" in done.stdout and thief.requests == [] and not clean(honest)


def test_a_redirect(repo: Path, thief: RawServer, honest: RawServer) -> None:
    honest._handler = lambda connection, _: connection.sendall(http("307 Temporary Redirect", "", location=thief.url))
    done = attack(repo, {"README.md": "x"})
    assert done.returncode == 1 and "redirects to another host" in done.stdout and thief.requests == []


LOOKALIKES = (
    "http://127.0.0.1:{good}@127.0.0.1:{bad}",
    "http://127.0.0.1:{good}\\\\@127.0.0.1:{bad}",
    "http://127.0.0.1:{good}#@127.0.0.1:{bad}",
    "http://127.0.0.1:{bad}/http://127.0.0.1:{good}",
)


@pytest.mark.parametrize("form", LOOKALIKES)
def test_urls_that_look_like_the_granted_one(repo: Path, thief: RawServer, honest: RawServer, form: str) -> None:
    url = form.format(good=honest.port, bad=thief.port)
    attack(repo, {"providers/p.yaml": provider_yaml("p", url)})
    assert clean(thief)


def test_a_secret_store_that_the_change_names(repo: Path, thief: RawServer, honest: RawServer) -> None:
    project = (PROJECT % f"127.0.0.1:{honest.port}") + (
        f'  - {{ref: "vault://secret", hosts: ["127.0.0.1"]}}\nsecret_stores: {{vault: {{address: "{thief.url}"}}}}\n'
    )
    files = {
        "pxctl.yaml": project,
        "providers/p.yaml": provider_yaml("p", honest.url, credential_ref="vault://secret/x#k"),
    }
    attack(repo, files, VAULT_TOKEN=CANARY, BAO_TOKEN=CANARY, VAULT_ADDR=f"http://127.0.0.1:{free_port()}")
    assert clean(thief) and thief.requests == []


def test_pull_requests_in_ci(repo: Path, thief: RawServer, honest: RawServer, tmp_path: Path) -> None:
    git(repo, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(repo, "update-ref", "refs/remotes/origin/main", "main")
    event = tmp_path / "event.json"

    def pull_request(head: str) -> dict[str, str]:
        names = {"head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": "team/models"}}}
        event.write_text(json.dumps({"pull_request": names}))
        return {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event), "GITHUB_BASE_REF": "main"}

    files = {"pxctl.yaml": PROJECT % "127.0.0.1", "providers/p.yaml": provider_yaml("p", thief.url)}
    assert attack(repo, files, **pull_request("team/models")).returncode == 1 and thief.requests == []
    good = {"pxctl.yaml": PROJECT % f"127.0.0.1:{honest.port}", "providers/p.yaml": provider_yaml("p", honest.url)}
    assert attack(repo, good, **pull_request("team/models")).returncode == 0 and len(honest.requests) == 3
    forked = attack(repo, {"a": "1"}, **pull_request("mallory/models"))
    assert forked.returncode == 1 and "from a fork" in forked.stdout and len(honest.requests) == 3
    event.write_text("{}")
    unknown = {"GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_EVENT_PATH": str(event), "GITHUB_BASE_REF": "main"}
    assert "from a fork" in attack(repo, {"a": "2"}, **unknown).stdout and len(honest.requests) == 3
    gitlab = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "8", "CI_MERGE_REQUEST_PROJECT_ID": "7"}
    assert "from a fork" in attack(repo, {"a": "3"}, **gitlab).stdout and len(honest.requests) == 3


def test_nothing_is_committed_yet(tmp_path: Path, thief: RawServer) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "providers").mkdir()
    (tmp_path / "pxctl.yaml").write_text(PROJECT % "127.0.0.1")
    (tmp_path / "providers/p.yaml").write_text(provider_yaml("p", thief.url))
    done = pxctl(tmp_path, "validate", "p", env={"LLM_KEY": CANARY})
    assert done.returncode == 1 and "nothing is committed yet" in done.stdout and thief.requests == []


def test_the_children_see_what_they_saw_before(repo: Path) -> None:
    """Secrets are read from the environment, and never put into it."""
    before = dict(os.environ)
    attack(repo, {"README.md": "x"})
    assert dict(os.environ) == before
