"""The pages that describe the house are true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_the_table_of_rooms_is_the_list_of_packages() -> None:
    rooms = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    packages = {p.parent.name for p in (ROOT / "src" / "pxctl").glob("*/__init__.py")}
    assert rooms == packages


def test_the_floors_on_the_page_are_the_floors_that_are_enforced() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = [layer.replace("pxctl.", "") for layer in contracts[0]["layers"]]
    assert "\n".join(layers) in PAGE


def test_every_file_that_the_pages_name_exists() -> None:
    for page in ("ARCHITECTURE.md", "CONTRIBUTING.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for name in re.findall(r"`([a-z_]+/[a-z_/]+\.(?:py|md))`", text):
            assert (ROOT / "src" / "pxctl" / name).exists() or (ROOT / name).exists(), f"{page} names {name}"
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (ROOT / link).exists(), f"{page} links {link}"


def test_each_room_says_in_its_docstring_what_it_may_know() -> None:
    for init in sorted((ROOT / "src" / "pxctl").glob("*/__init__.py")):
        assert "Knows" in init.read_text(encoding="utf-8") or "Knows" in PAGE, init
        assert init.read_text(encoding="utf-8").startswith('"""'), init


def test_no_page_names_this_machine() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]:
        text = page.read_text(encoding="utf-8")
        assert "/work/" not in text and "/root/" not in text, page
