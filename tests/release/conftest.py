from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.release.world import Company, company


@pytest.fixture(params=[False, True], ids=["local", "remote"])
def firm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """A company with a local branch, and one with a bare remote."""
    made = company(tmp_path, remote=request.param)
    yield made
    made.git.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Company]:
    """A company with a local branch."""
    made = company(tmp_path)
    yield made
    made.git.close()
