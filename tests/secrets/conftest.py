"""Secret stores that run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.servers import moto, openbao, own_certificate


class Bao(NamedTuple):
    """A running OpenBao."""

    url: str
    folder: Path

    @property
    def audit(self) -> str:
        """What its audit device wrote."""
        return (self.folder / "audit.log").read_text()

    def client(self, token: str = "root"):
        import hvac

        return hvac.Client(url=self.url, token=token)


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    folder = tmp_path_factory.mktemp("bao")
    with openbao(folder) as url:
        yield Bao(url, folder)


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    with moto() as url:
        yield url


@pytest.fixture
def tls_context(tmp_path: Path) -> Any:
    """A certificate that nobody vouches for."""
    return own_certificate(tmp_path)
