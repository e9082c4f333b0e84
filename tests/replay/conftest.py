"""A small company whose policies every replay test uses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pxctl.load.loader import load
from pxctl.load.tree import DictTree
from pxctl.model.configuration import Configuration
from pxctl.replay.rows import Block

FILES: dict[str, str] = {
    "pxctl.yaml": "version: 1\nenvironments: {production: {}}\nprivacy_levels: [public, internal, restricted]\n",
    "providers/east.yaml": """
id: east
display_name: East
kind: openai_compatible
status: active
priority: 10
endpoints: [{region: us, url: "https://us.example.test"}, {region: eu, url: "https://eu.example.test"}]
credential_ref: env://EAST
models:
  - {id: big, context_tokens: 100000, price: {input_per_mtok: 2, output_per_mtok: 8}}
  - {id: small, context_tokens: 8000, price: {input_per_mtok: 0.2, output_per_mtok: 0.8}}
compliance: {privacy_max: internal}
""",
    "providers/west.yaml": """
id: west
display_name: West
kind: openai_compatible
status: active
priority: 20
endpoints: [{region: eu, url: "https://west.example.test"}]
credential_ref: env://WEST
models:
  - {id: mid, context_tokens: 32000, price: {input_per_mtok: 1, output_per_mtok: 4}}
compliance: {privacy_max: restricted}
""",
    "routing-policies/default.yaml": """
name: default
safe_mode: {allow: [west/mid]}
routes:
  - name: restricted
    match: {privacy: [restricted]}
    constraints: {regions: [eu]}
    candidates: [west/mid]
  - name: free
    match: {tier: [free]}
    strategy: weighted
    candidates: [{deployment: east/small@us, weight: 70}, {deployment: west/mid, weight: 30}]
    fallbacks: [east/big@us]
    experiment:
      name: trial
      arms: {treatment: {share: 50, candidates: [west/mid], strategy: listed}}
  - name: rest
    match: {}
    candidates: [east/big@us, east/big@eu]
    fallbacks: [west/mid]
""",
    "tenants/all.yaml": """
tenants:
  - {id: acme, tier: gold, business_line: retail, region: us, privacy_max: restricted}
  - {id: bolt, tier: free, business_line: retail, region: eu, privacy_max: internal}
  - {id: cove, tier: free, business_line: labs, region: eu, privacy_max: public}
""",
}


def configured(**changes: tuple[str, str]) -> Configuration:
    """The company, with texts replaced: `policy=("east/big@us", "east/small@us")`."""
    files = dict(FILES)
    places = {"policy": "routing-policies/default.yaml", "east": "providers/east.yaml",
              "west": "providers/west.yaml", "tenants": "tenants/all.yaml", "project": "pxctl.yaml"}  # fmt: skip
    for name, (old, new) in changes.items():
        assert old in files[places[name]]
        files[places[name]] = files[places[name]].replace(old, new)
    loaded = load(DictTree(files))
    assert not loaded.findings, [str(f) for f in loaded.findings]
    return loaded.config


@pytest.fixture
def company() -> Configuration:
    return configured()


@pytest.fixture
def company_folder(tmp_path: Path) -> Path:
    root = tmp_path / "company"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def rows(count: int, *, tokens: int = 1000, out: int = 100, step: int = 1_000_000, start: int = 0) -> Block:
    """Equal requests, one every `step` microseconds."""
    numbers = np.arange(start, start + count, dtype=np.int64)
    return Block(
        start, numbers * step, np.full(count, tokens), np.zeros(count, dtype=np.int64), np.full(count, out), {}
    )
