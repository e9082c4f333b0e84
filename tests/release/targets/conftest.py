"""Each kind of target, with a way to look at what it holds and to meddle with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pxctl.core.digest import digest
from pxctl.core.secret import Secret
from pxctl.model.project import PublishTarget
from pxctl.release.targets.base import LiveState, LiveTenant, Target
from pxctl.release.targets.registry import kinds, open_target
from tests.release.targets.service import Service

TOKEN = "tok-0123456789abcdef"


@dataclass
class Place:
    """One target under test. `meddle` edits an item behind its back, `plant` puts in one that is not ours."""

    kind: str
    target: Target
    held: Callable[[], set[str]]
    meddle: Callable[[str], None]
    plant: Callable[[str], None]
    tenants: bool = True


def live(seq: int, tenants: dict[str, int], removed: frozenset[str] = frozenset(), flags: int = 1) -> LiveState:
    """A live state: tenant -> version of its policy."""
    made = {}
    for tenant, version in tenants.items():
        shared = {"policies": {"default": {"name": "default", "version": version}}}
        made[tenant] = LiveTenant(tenant, shared, {"roster": {"id": tenant}, "safe_mode": False}, digest(shared))
    document = {"flags": {"x": {"state": "ENABLED", "variants": {"on": True}, "defaultVariant": "on"}}, "v": flags}
    everybody = dict.fromkeys(tenants, flags)
    return LiveState("production", seq, f"{seq:040x}", made, removed, {flags: document}, flags, everybody)


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service(TOKEN)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(params=kinds())
def place(request: pytest.FixtureRequest, service: Service, tmp_path: Path) -> Iterator[Place]:
    kind = request.param
    settings = PublishTarget(
        kind=kind, url=service.url if kind == "http" else None, path=None if kind == "http" else "out"
    )
    target = open_target("mine", settings, "production", Secret(TOKEN), str(tmp_path))
    folder = tmp_path / "out/production"
    if kind == "http":

        def edit(tenant: str) -> None:
            service.tenants[tenant]["digest"] = "sha256:edited"

        def add(tenant: str) -> None:
            service.tenants[tenant] = {"digest": "sha256:planted"}

        yield Place(kind, target, lambda: set(service.tenants), edit, add)
    else:
        inside = folder / "tenants" if kind == "directory" else folder

        def change(name: str) -> None:
            path = inside / f"{name}.json"
            document: dict[str, Any] = json.loads(path.read_text())
            (document.get("config") or document)["edited"] = True
            path.write_text(json.dumps(document))

        def put(name: str) -> None:
            inside.mkdir(parents=True, exist_ok=True)
            (inside / f"{name}.json").write_text("{}")

        yield Place(
            kind,
            target,
            lambda: {p.stem for p in inside.glob("*.json")} - {"RELEASE"},
            change,
            put,
            kind == "directory",
        )
    target.close()
