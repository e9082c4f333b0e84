"""Fakes of forges, by kind, and a forge that talks to one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pxctl.core.secret import Secret
from pxctl.model import project
from pxctl.release.forge.base import Forge
from pxctl.release.forge.registry import kinds, open_forge
from tests.release.forge.fake import FakeGitHub

FAKES = {"github": FakeGitHub}


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = 1_000_000.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(params=kinds())
def fake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeGitHub]:
    """The stand-in of each kind of forge; a kind without one fails here."""
    forge = FAKES[request.param](tmp_path)
    forge.commit("main", {"pxctl.yaml": "version: 1\n"}, "first")
    try:
        yield forge
    finally:
        forge.close()
    assert forge.violations == []


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def forge(fake: FakeGitHub, time: Time, request: pytest.FixtureRequest) -> Iterator[Forge]:
    kind = request.node.callspec.params["fake"]
    settings = project.Forge(kind=kind, url=fake.url, repository=fake.repository)
    made = open_forge(settings, Secret(fake.token))
    rest = made._rest  # type: ignore[attr-defined]
    rest._sleep, rest._now, rest._rng = time.sleep, lambda: time.now, random.Random(1)
    yield made
    made.close()
