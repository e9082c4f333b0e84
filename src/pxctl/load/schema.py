"""JSON Schemas (2020-12) of the files: what editors use, and what decides on a file's shape.

They are made from the models (`tools/make_schemas.py`) and shipped as text, because making one takes longer than
judging a file by it.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pxctl.core.errors import UsageError
from pxctl.load.models import MODELS

FOLDER = Path(__file__).parent / "data" / "schemas"


@cache
def schema_text(kind: str) -> str:
    """The schema as it is committed under `schemas/`. Raises UsageError for a kind that does not exist."""
    if kind not in MODELS:
        raise UsageError(f"`{kind}` is no kind of file", hint=f"there are {', '.join(MODELS)}")
    return (FOLDER / f"{kind}.schema.json").read_text(encoding="utf-8")


@cache
def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file."""
    made: dict[str, Any] = json.loads(schema_text(kind))
    return made


@cache
def validator(kind: str) -> Any:
    """A compiled jsonschema-rs validator of a kind; it never fetches anything."""
    import jsonschema_rs

    return jsonschema_rs.validator_for(schema(kind), retriever=_refuse)


def _refuse(uri: str) -> Any:
    raise ValueError(f"schemas here have no remote parts: {uri}")


def resolve(root: dict[str, Any], part: Any) -> dict[str, Any]:
    """A sub-schema with its local `$ref` followed."""
    while isinstance(part, dict) and "$ref" in part:
        name = str(part["$ref"]).rpartition("/")[2]
        rest = {key: value for key, value in part.items() if key != "$ref"}
        part = {**root.get("$defs", {}).get(name, {}), **rest}
    return part if isinstance(part, dict) else {}


def parts_at(kind: str, path: tuple[str | int, ...]) -> list[dict[str, Any]]:
    """Every sub-schema that may apply at a path of the document."""
    return _parts_at(kind, tuple(0 if isinstance(step, int) else step for step in path))


@lru_cache(maxsize=1024)
def _parts_at(kind: str, path: tuple[str | int, ...]) -> list[dict[str, Any]]:
    root = schema(kind)
    here = _alternatives(root, root)
    for step in path:
        below: list[Any] = []
        for part in here:
            if isinstance(step, int):
                below.append(part.get("items"))
            elif step in part.get("properties", {}):
                below.append(part["properties"][step])
            elif "patternProperties" in part:  # how a mapping with names as keys is written
                below += part["patternProperties"].values()
            elif isinstance(part.get("additionalProperties"), dict):
                below.append(part["additionalProperties"])
        here = [found for part in below if isinstance(part, dict) for found in _alternatives(root, part)]
    return here


def fields_at(kind: str, path: tuple[str | int, ...]) -> list[str]:
    """The fields that the mapping at a path may have."""
    return sorted({name for part in parts_at(kind, path) for name in part.get("properties", {})})


def _alternatives(root: dict[str, Any], part: dict[str, Any]) -> list[dict[str, Any]]:
    part = resolve(root, part)
    options = [*part.get("anyOf", []), *part.get("oneOf", [])]
    if not options:
        return [part]
    outer = {key: value for key, value in part.items() if key == "description"}
    return [{**outer, **found} for option in options for found in _alternatives(root, option)]
