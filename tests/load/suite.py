"""The public YAML test suite, read from its archive."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

DATA = Path(__file__).parents[1] / "data"
_VISIBLE = {"␣": " ", "»": "\t", "—": "", "←": "\r", "⇔": "\ufeff", "↵": "", "∎\n": ""}


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    fails: bool
    values: tuple[Any, ...] | None


def yaml_cases() -> list[Case]:
    cases: list[Case] = []
    with tarfile.open(DATA / "yaml" / "yaml-test-suite_src.tar.xz") as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            stream = archive.extractfile(member) if member.name.endswith(".yaml") else None
            if stream is None:
                continue
            stem = Path(member.name).stem
            shared: dict[str, Any] = {}
            for i, raw in enumerate(YAML(typ="safe", pure=True).load(stream.read().decode())):
                shared = {**{k: v for k, v in shared.items() if k != "fail"}, **raw}
                values = None
                if shared.get("json") is not None and not raw.get("fail"):
                    values = _documents(shared["json"])
                cases.append(Case(f"{stem}-{i}", _plain(shared["yaml"]), bool(raw.get("fail")), values))
    return cases


def _plain(text: str) -> str:
    for sign, real in _VISIBLE.items():
        text = text.replace(sign, real)
    return text


def _documents(text: str) -> tuple[Any, ...] | None:
    decoder, at, found = json.JSONDecoder(), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return tuple(found)
