"""JSON Schemas (2020-12) made from the models: what editors use, and what decides on a file's shape."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pxctl.core.errors import UsageError
from pxctl.load.models import MODELS

BASE = "https://pxctl.dev/schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file."""
    made = MODELS[kind].model_json_schema(by_alias=True, mode="validation")
    return {"$schema": DIALECT, "$id": f"{BASE}/{kind}.schema.json", **made}


def schema_text(kind: str) -> str:
    """The schema as it is committed under `schemas/`. Raises UsageError for a kind that does not exist."""
    if kind not in MODELS:
        raise UsageError(f"`{kind}` is no kind of file", hint=f"there are {', '.join(MODELS)}")
    return json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"


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
    root = schema(kind)
    here = _alternatives(root, root)
    for step in path:
        below: list[Any] = []
        for part in here:
            if isinstance(step, int):
                below.append(part.get("items"))
            elif step in part.get("properties", {}):
                below.append(part["properties"][step])
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
