"""The first commands of the README, in their order, as a newcomer types them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_readme_starts_a_newcomer_off(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text()
    block = re.search(r"^## Start\n+```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    lines = [line.split("   #")[0].strip() for line in block[1].splitlines()]
    commands = [line for line in lines if not line.startswith("pip install")]
    assert sum(line.startswith("pxctl") for line in commands) >= 6
    edit = (
        "sed -i 's#candidates: .*#candidates: [openai/gpt-5.4-mini]#; "
        "s#fallbacks: .*#fallbacks: [openai/gpt-4.1-mini]#' "
        "routing-policies/default.yaml && git commit -qam edited"
    )
    script = "\n".join(edit if line.startswith("# edit routing-policies/default.yaml") else line for line in commands)
    assert edit in script
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no findings" in done.stdout
    assert "released: production #2" in done.stdout
    assert "nothing to do" not in done.stdout
