"""`pxctl plan env:NAME..`: what a change does to what is live."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import git
from tests.replay.conftest import FILES

POLICY = "routing-policies/default.yaml"


@pytest.fixture
def live(make_repo: Callable[..., Path], pxctl: Any, tmp_path: Path) -> Path:
    trace = "input_tokens,output_tokens\n" + "".join(f"{500 + i},20\n" for i in range(300))
    root = make_repo({**FILES, "trace.csv": trace})
    git(tmp_path, "init", "-q", "--bare", "origin.git")
    git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(root, "push", "-q", "origin", "main")
    done = pxctl("env", "init", "production", "--unsigned", cwd=root)
    assert done.returncode == 0, done.stderr
    return root


def planned(pxctl: Any, root: Path) -> dict[str, Any]:
    done = pxctl("plan", "env:production..", "--trace", "trace.csv", "--format", "json", cwd=root)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_main_against_what_is_live(pxctl: Any, live: Path) -> None:
    same = planned(pxctl, live)
    assert (same["meaning"], same["traffic"]["changed"], same["proof"]["unchanged"]) == ([], 0, True)
    text = FILES[POLICY].replace("[east/big@us, east/big@eu]", "[east/small@us, east/big@eu]")
    (live / POLICY).write_text(text, encoding="utf-8")
    edited = planned(pxctl, live)
    assert [m["path"] for m in edited["meaning"]] == ["routes/rest/candidates"]
    assert set(edited["traffic"]["tenants"]) == {"acme"}
    git(live, "commit", "-qam", "cheaper")
    git(live, "push", "-q", "origin", "main")
    done = pxctl("publish", "--policy", "default", "--direct", "--tenants", "acme", "--reason", "try", cwd=live)
    assert done.returncode == 0, done.stderr
    staged = planned(pxctl, live)
    assert staged["traffic"]["changed"] == 0  # acme, whom alone it reaches, has it
    assert len(staged["warnings"]) == 1


def test_an_environment_that_is_not_there(pxctl: Any, live: Path) -> None:
    done = pxctl("plan", "env:moon..", cwd=live)
    assert done.returncode == 2
    assert "moon" in done.stderr
