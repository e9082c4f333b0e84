"""GitHub's own OpenAPI description: checks requests and answers, and completes answers to what it demands."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

FILE = Path(__file__).parents[2] / "data/forge/github-openapi-cut.json.gz"
HOST = "https://api.github.com"


@cache
def description() -> dict[str, Any]:
    return json.loads(gzip.decompress(FILE.read_bytes()))


@cache
def checker() -> OpenAPI:
    return OpenAPI.from_dict(description())


@dataclass
class Asked:
    """A request as openapi-core wants it."""

    method: str
    path: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None
    host_url: str = HOST


@dataclass
class Answered:
    """An answer as openapi-core wants it."""

    status_code: int
    data: bytes | None
    content_type: str = "application/json"
    headers: Headers = field(default_factory=Headers)


def asked(
    method: str, path: str, query: list[tuple[str, str]], headers: Mapping[str, str], body: bytes | None
) -> Asked:
    head, contents, rest = path.partition("/contents/")
    if contents:  # the one path parameter that holds slashes
        path = head + contents + quote(rest, safe="%")
    return Asked(
        method.lower(), path, RequestParameters(ImmutableMultiDict(query), Headers(list(headers.items()))),
        headers.get("content-type", "").lower(), body,
    )  # fmt: skip


def described(path: str, method: str) -> dict[str, Any]:
    """The operation of a path template. Raises KeyError."""
    return description()["paths"][path][method.lower()]


def answer_of(template: str, method: str, status: int, value: Any) -> Any:
    """`value` completed to what the description demands of that answer."""
    response = _resolved(described(template, method)["responses"][str(status)])
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    return value if schema is None else fill(schema, value)


_ABSENT = object()


def fill(schema: dict[str, Any], value: Any = _ABSENT) -> Any:
    """The smallest value that a schema allows, with `value` put over it, at every depth."""
    schema = _resolved(schema)
    if value is None or (value is _ABSENT and schema.get("nullable")):
        return None
    if "allOf" in schema:
        merged: dict[str, Any] = {"properties": {}, "required": []}
        for part in map(_resolved, schema["allOf"]):
            merged["properties"] |= part.get("properties", {})
            merged["required"] = merged["required"] + part.get("required", [])
        return fill(merged, value)
    for word in ("oneOf", "anyOf"):
        if word in schema:
            parts = [_resolved(part) for part in schema[word]]
            fitting = [p for p in parts if (p.get("type") == "array") == isinstance(value, list)]
            return fill((fitting or parts)[0], value)
    if "properties" in schema or schema.get("type") == "object":
        given = value if isinstance(value, dict) else {}
        properties = schema.get("properties", {})
        wanted = dict.fromkeys([*schema.get("required", []), *given])
        return {k: fill(properties.get(k, {}), given.get(k, _ABSENT)) for k in wanted}
    if schema.get("type") == "array":
        return [fill(schema["items"], item) for item in value] if isinstance(value, list) else []
    if value is not _ABSENT:
        return value
    if "enum" in schema:
        return schema["enum"][0]
    texts = {"date-time": "2026-11-01T10:00:00Z", "uri": f"{HOST}/x", "email": "a@example.test"}
    empty: dict[str, Any] = {
        "string": texts.get(schema.get("format", ""), ""),
        "integer": 0,
        "number": 0,
        "boolean": False,
    }
    return empty.get(schema.get("type", ""))


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        node: Any = description()
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema
