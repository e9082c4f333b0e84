"""The README's example of the router answers as the README says."""

from __future__ import annotations

import re
from pathlib import Path

from pxctl import Router

ROOT = Path(__file__).parents[2]


def test_the_example_is_true() -> None:
    text = (ROOT / "README.md").read_text()
    code = next(block for block in re.findall(r"```python\n(.*?)```", text, re.S) if "Router" in block)
    said = re.search(r"decision\.primary\s+# (\S+)", code)
    assert said is not None
    scope: dict[str, object] = {"Router": Router}
    exec(code.replace('"."', repr(str(ROOT)), 1), scope)
    assert scope["decision"].primary == said.group(1)  # type: ignore[attr-defined]
