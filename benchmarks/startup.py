"""`pxctl --version` and `pxctl lint one.yaml` against check-jsonschema and yamllint (whole processes)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks._process import compare, compile_pxctl, table

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Print the table. One file in no repository: no cache helps."""
    compile_pxctl()
    bin_ = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "providers" / "openai-main.yaml"
        one.parent.mkdir()
        one.write_bytes((ROOT / "providers" / "openai-main.yaml").read_bytes())
        schema = ROOT / "schemas" / "provider.schema.json"
        rows = compare(
            {
                "python -c pass": [sys.executable, "-c", "pass"],
                "pxctl --version": [str(bin_ / "pxctl"), "--version"],
                "pxctl lint one.yaml": [str(bin_ / "pxctl"), "lint", str(one)],
                "check-jsonschema --version": [str(bin_ / "check-jsonschema"), "--version"],
                "check-jsonschema one.yaml": [str(bin_ / "check-jsonschema"), "--schemafile", str(schema), str(one)],
                "yamllint one.yaml": [str(bin_ / "yamllint"), str(one)],
            },
            cwd=Path(folder),
        )
    table(rows, "check-jsonschema --version")
