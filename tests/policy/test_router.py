"""`pxctl.Router`: loads, follows, survives a broken edit, and may be shared between threads."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.app.cli.test_route import FILES
from tests.conftest import git

import pxctl
from pxctl.core.errors import ConfigError, ContextError, RefusedError, UsageError
from pxctl.model.context import Context
from pxctl.model.signals import DeploymentSignal, SafeMode, Signals

POLICY = Path("routing-policies", "default.yaml")
ASK = {"tenant": "acme", "privacy": "public", "input_tokens": 10}


@pytest.fixture
def repo(make_repo: Callable[..., Path]) -> Path:
    return make_repo(FILES)


def edit(repo: Path, old: str, new: str) -> None:
    text = (repo / POLICY).read_text()
    assert old in text
    (repo / POLICY).write_text(text.replace(old, new))


def test_it_is_found_without_making_the_import_heavy() -> None:
    code = "import sys, pxctl; assert 'pydantic' not in sys.modules; print(pxctl.Router.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "Router\n"
    with pytest.raises(AttributeError, match="Nothing"):
        _ = pxctl.Nothing  # type: ignore[attr-defined]


def test_it_follows_the_work_tree(repo: Path) -> None:
    router = pxctl.Router(repo, reload_every=0.0)
    assert router.decide(**ASK).primary == "acme-ai/small@eu"
    edit(repo, "strategy: cheapest, candidates: [acme-ai/big", "strategy: listed, candidates: [acme-ai/big")
    assert router.decide(**ASK).primary == "acme-ai/big@eu"
    assert router.facts(Context.model_validate(ASK)).primary == "acme-ai/big@eu"


def test_a_broken_edit_is_not_taken(repo: Path) -> None:
    router = pxctl.Router(repo, reload_every=0.0)
    edit(repo, "strategy: cheapest", "strategy: nonsense")
    assert router.decide(**ASK).primary == "acme-ai/small@eu"
    assert isinstance(router.last_error, ConfigError)
    with pytest.raises(ConfigError):
        router.reload()
    edit(repo, "strategy: nonsense", "strategy: cheapest")
    assert router.reload()
    assert router.last_error is None


def test_it_follows_a_branch_and_stays_at_a_commit(repo: Path) -> None:
    first = git(repo, "rev-parse", "HEAD")
    moving, fixed = pxctl.Router(repo, rev="main", reload_every=None), pxctl.Router(repo, rev=first, reload_every=None)
    edit(repo, "strategy: cheapest", "strategy: listed")
    git(repo, "commit", "-aqm", "other")
    assert (moving.reload(), fixed.reload()) == (True, False)
    assert moving.decide(**ASK).primary == "acme-ai/big@eu"
    decision = fixed.decide(**ASK)
    assert (decision.primary, decision.source, fixed.source) == ("acme-ai/small@eu", first, first)


def test_signals_come_from_outside(repo: Path) -> None:
    open_ = DeploymentSignal(circuit="open")
    known = Signals(deployments={"acme-ai/small@eu": open_, "acme-ai/small@us": open_})
    router = pxctl.Router(repo, signals=lambda: known)
    assert router.decide(**ASK).primary == "acme-ai/big@eu"
    router.set_signals(Signals(safe_mode=SafeMode(environment=True)))
    assert router.decide(**ASK).refusal == "no_candidate"


def test_nonsense_is_refused(repo: Path, tmp_path: Path) -> None:
    router = pxctl.Router(repo)
    with pytest.raises(ContextError, match="no tenant"):
        router.decide(tenant="nobody", privacy="public")
    with pytest.raises(ContextError, match="`privacy` is missing"):
        router.decide(tenant="acme")
    with pytest.raises(UsageError):
        router.decide(Context.model_validate(ASK), tenant="acme")
    with pytest.raises(UsageError):
        pxctl.Router(repo, rev="main", environment="production")
    with pytest.raises(RefusedError, match="no releases yet"):
        pxctl.Router(repo, environment="production")
    with pytest.raises(ConfigError):
        pxctl.Router(tmp_path)


def test_threads_share_it_while_it_reloads(repo: Path) -> None:
    router = pxctl.Router(repo, reload_every=0.0)
    seen: set[str | None] = set()
    with ThreadPoolExecutor(4) as pool:
        for old, new in [("cheapest", "listed"), ("listed", "cheapest")] * 2:
            asked = [pool.submit(router.decide, **ASK) for _ in range(40)]
            edit(repo, f"strategy: {old}", f"strategy: {new}")
            asked += [pool.submit(router.decide, **ASK) for _ in range(40)]
            seen |= {future.result().primary for future in asked}
    assert seen == {"acme-ai/small@eu", "acme-ai/big@eu"}


def test_a_live_environment(repo: Path) -> None:
    run = [sys.executable, "-c", "from pxctl.app.main import main; main()"]
    git(repo, "remote", "add", "origin", git_bare(repo))
    git(repo, "push", "-q", "origin", "main")
    for verb in (
        ("env", "init", "production"), ("publish", "--provider", "acme-ai", "--direct", "--reason", "first"),
        ("publish", "--policy", "default", "--direct", "--reason", "first"),
    ):  # fmt: skip
        done = subprocess.run([*run, *verb], cwd=repo, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    router = pxctl.Router(repo, environment="production", reload_every=None)
    decision = router.decide(**ASK)
    assert (decision.primary, decision.policy_version) == ("acme-ai/small@eu", "policies/default@1")
    edit(repo, "strategy: cheapest", "strategy: listed")
    git(repo, "commit", "-aqm", "other")
    router.reload()
    assert router.decide(**ASK).primary == "acme-ai/small@eu"


def git_bare(repo: Path) -> str:
    bare = repo.parent / "origin.git"
    git(repo, "init", "-q", "--bare", "-b", "main", str(bare))
    return str(bare)


def test_threads_go_on_while_the_repository_breaks_and_mends(repo: Path) -> None:
    """Files vanish, break and come back under four threads: every decision is a good one, and the fault is said."""
    router = pxctl.Router(repo, reload_every=0.0)
    policy, good = repo / POLICY, (repo / POLICY).read_text()
    said, over = [], threading.Event()

    def ask() -> set[str | None]:
        found = set()
        while not over.is_set():
            found.add(router.decide(**ASK).primary)
        return found

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        for text in (None, "routes: [", "name: other\nroutes: []\n", "\0", good):
            policy.unlink(missing_ok=True)
            if text is not None:
                policy.write_text(text)
            until = time.monotonic() + 60  # another thread may be in the middle of a look, on a machine that is busy
            while (router.last_error is None) is not (text == good) and time.monotonic() < until:
                router.decide(**ASK)
            said.append(router.last_error)
        over.set()
        assert {name for future in asking for name in future.result()} == {"acme-ai/small@eu"}
    assert [error is None for error in said] == [False, False, False, False, True]


def test_a_file_that_cannot_be_read_is_said(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    router = pxctl.Router(repo, reload_every=0.0)

    def unreadable(_root: Path) -> object:
        raise PermissionError(13, "Permission denied", "providers")

    monkeypatch.setattr("pxctl.app.flows.watch_files.signature", unreadable)
    assert router.decide(**ASK).primary == "acme-ai/small@eu"
    assert isinstance(router.last_error, PermissionError)
