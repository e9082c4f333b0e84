"""What `pxctl lint` imports: a clean tree of plain files needs no slow YAML, no HTTP, no git, no colours; one file the
model of its kind and no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.lint.helpers import BASE, make_base

HEAVY = (
    *("ruamel", "yaml", "jsonschema", "httpx", "git", "rich.table", "numpy", "hvac", "typer._adapters"),
    *("pxctl.release", "pxctl.providers", "pxctl.load.yaml_positions", "pxctl.load.git"),
)
ALWAYS = {
    *("base", "candidate", "catalogue", "configuration", "document", "finding", "price", "project", "reading"),
    "tenant",
}
"""Modules of `pxctl.model` that every run needs: settings stand in pxctl.yaml, which names tenants."""


def imported(root: Path, *args: str, clean: bool = True) -> set[str]:
    code = (
        "import sys\nfrom pxctl.app.main import main\n"
        f"try:\n    main()\nexcept SystemExit as stop:\n    assert stop.code == 0 or not {clean}, stop.code\n"
        "print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *args], cwd=root, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("args", [("lint", "--no-cache"), ("lint",), ("lint", "providers/openai-main.yaml")])
def test_lint(args: tuple[str, ...], tmp_path: Path) -> None:
    root = make_base(tmp_path)
    (root / "feature_flags" / "provider.yaml").unlink()
    found = imported(root, *args)
    assert "pxctl.load.tree" in found
    assert not [name for name in HEAVY if name in found]


@pytest.mark.parametrize(
    ("file", "models"),
    [
        ("providers/openai-main.yaml", {"provider"}),
        ("routing-policies/default.yaml", {"routing"}),
        ("tenants/all.yaml", set()),
        ("guarantees.yaml", {"governance", "routing"}),
    ],
)
def test_one_file_needs_its_model_alone(file: str, models: set[str], tmp_path: Path) -> None:
    root = make_base(tmp_path)
    (root / "pxctl.yaml").unlink()
    found = imported(root, "lint", file, clean=False)
    ours = {name.removeprefix("pxctl.model.") for name in found if name.startswith("pxctl.model.")}
    assert ours == ALWAYS | models


def test_the_base_is_what_is_linted() -> None:
    assert (BASE / "pxctl.yaml").is_file()
