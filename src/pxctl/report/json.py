"""JSON for machines: every document carries `schema_version`, keys keep their order, nothing is lost in rounding."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel

SCHEMA_VERSION = 1


def to_json(value: BaseModel | Mapping[str, Any] | Any, *, indent: int | None = 2) -> str:
    """One JSON document with `schema_version` first, and a line break at its end.

    Takes a model, a dataclass or a mapping, nested at will. Decimals become text, moments RFC 3339, sets sorted lists;
    NaN and infinity become null. Raises TypeError for anything else, a secret for one.
    """
    plain = to_plain(value)
    if not isinstance(plain, dict):
        plain = {"items": plain}
    document = {"schema_version": plain.pop("schema_version", SCHEMA_VERSION), **plain}
    return json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False) + "\n"


def to_plain(value: Any) -> Any:
    """The value as dict, list, str, int, float, bool and None."""
    if isinstance(value, Enum):
        return to_plain(value.value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, BaseModel):
        return {name: to_plain(getattr(value, name)) for name in type(value).model_fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key.value if isinstance(key, Enum) else key): to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return to_plain(value._asdict())
    if isinstance(value, Set):
        return sorted((to_plain(item) for item in value), key=str)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [to_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return format(value, "f")
    if hasattr(value, "item"):  # a NumPy scalar
        return to_plain(value.item())
    raise TypeError(f"{type(value).__name__} has no JSON form")
