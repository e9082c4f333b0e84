"""What `pxctl lint` imports: a clean tree of plain files needs no slow YAML, no HTTP, no git, no colours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.lint.helpers import BASE, make_base

HEAVY = ("ruamel", "yaml", "jsonschema", "httpx", "git", "rich.table", "numpy", "hvac", "pxctl.release",
         "pxctl.providers")  # fmt: skip


def imported(root: Path, *args: str) -> set[str]:
    code = (
        "import sys\nfrom pxctl.app.main import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert stop.code == 0, stop.code\n"
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


def test_the_base_is_what_is_linted() -> None:
    assert (BASE / "pxctl.yaml").is_file()
