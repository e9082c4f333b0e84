"""Entry points of other packages are found by a look into folders, as `importlib.metadata` finds them."""

from __future__ import annotations

import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from pxctl.core.plugins import offered

METADATA = "Metadata-Version: 2.1\nName: acme-rules\nVersion: 1\n"
POINTS = "[console_scripts]\nacme = acme:main\n\n[pxctl.example]\nacme = acme.rules:rule\n"


@pytest.fixture(params=["acme_rules-1.dist-info", "acme_rules.egg-info", "zip"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = "acme_rules-1.dist-info" if request.param == "zip" else request.param
    files = {f"{folder}/METADATA": METADATA, f"{folder}/PKG-INFO": METADATA, f"{folder}/entry_points.txt": POINTS}
    place = tmp_path / "place"
    if request.param == "zip":
        with zipfile.ZipFile(place, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
    else:
        (place / folder).mkdir(parents=True)
        for name, text in files.items():
            (place / name).write_text(text)
    monkeypatch.syspath_prepend(str(place))
    return place


def test_an_outside_package_is_found(place: Path) -> None:
    assert [point.value for point in offered("pxctl.example")] == ["acme.rules:rule"]


@pytest.mark.parametrize("group", ["console_scripts", "pxctl.nobody", "pytest11"])
def test_as_the_library_finds_them(group: str) -> None:
    assert {point.value for point in offered(group)} == {point.value for point in entry_points(group=group)}


def test_a_place_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.path", [str(tmp_path / "gone")])
    assert offered("console_scripts") == []
