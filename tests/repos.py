"""Repositories for tests of validation and secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PXCTL = [sys.executable, "-c", "from pxctl.app.main import main; main()"]

PROJECT = """version: 1
environments: {production: {}}
credential_grants:
  - {ref: "env://LLM_KEY", hosts: ["%s"]}
"""


def provider_yaml(name: str, url: str, **fields: Any) -> str:
    """A provider file (JSON is YAML) with one small model."""
    model = {
        "id": "gpt-4.1-mini", "capabilities": ["chat", "streaming", "tools", "json_schema"],
        "price": {"input_per_mtok": 0.4, "output_per_mtok": 1.6},
    }  # fmt: skip
    base = {
        "id": name, "display_name": name, "kind": "openai_compatible", "status": "active", "timeout_ms": 20_000,
        "endpoints": [{"region": "us", "url": url}], "credential_ref": "env://LLM_KEY", "retries": {"max": 0},
        "models": [model], "validation": {"suites": ["chat"], "budget_usd": 0.05},
    }  # fmt: skip
    return json.dumps({**base, **fields}, indent=1)


def pxctl(root: Path, *args: str, env: Mapping[str, str] | None = None, stdin: str | None = None) -> Any:
    """Run pxctl as users do; `.returncode`, `.stdout`, `.stderr`."""
    return subprocess.run(
        [*PXCTL, *args], cwd=root, capture_output=True, text=True, input=stdin,
        env={**os.environ, **(env or {})}, timeout=120,
    )  # fmt: skip
