"""Safe edits for faults of shape: what the author can only have meant.

`displayName` for `display_name`, `yes` for `true`, `"10"` for `10`, a number where text is asked for. An edit replaces
the characters of one key or one scalar and nothing else.
"""

from __future__ import annotations

import re
from typing import Any

from pxctl.load.schema import fields_at, parts_at
from pxctl.load.wording import type_of
from pxctl.load.yaml_places import Composed
from pxctl.model.document import Path
from pxctl.model.finding import Edit

_BOOLEANS = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,15})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,12})?")


def safe_fix(file: str, kind: str, code: str, path: Path, value: Any, composed: Composed) -> tuple[Edit, ...]:
    """The edit that mends a fault, or none."""
    if file.endswith(".json"):
        return ()
    if code == "PX0011" and path in composed.keys:
        return _rename(file, kind, path, composed)
    place = composed.values.get(path)
    if code != "PX0013" or place is None or isinstance(value, (dict, list)) or value is None:
        return ()
    style = composed.styles.get(path)  # none: an alias
    if style is None or place.end - place.start != len(str(value)) + 2 * len(style):
        return ()  # an anchor, escapes, `007`: more than meets the eye
    text = _meant(value, {str(part.get("type")) for part in parts_at(kind, path)})
    return (Edit(file=file, start=place.start, end=place.end, text=text),) if text else ()


def _rename(file: str, kind: str, path: Path, composed: Composed) -> tuple[Edit, ...]:
    parent, name = path[:-1], str(path[-1])
    folded = re.sub(r"[-_ ]", "", name).lower()
    meant = [known for known in fields_at(kind, parent) if known.replace("_", "").lower() == folded]
    if len(meant) != 1 or (*parent, meant[0]) in composed.keys:
        return ()
    place = composed.keys[path]
    return (Edit(file=file, start=place.start, end=place.end, text=meant[0]),)


def _meant(value: Any, types: set[str]) -> str | None:
    if isinstance(value, str):
        if "boolean" in types and value.lower() in _BOOLEANS:
            return _BOOLEANS[value.lower()]
        if "integer" in types and _INTEGER.fullmatch(value):
            return value
        return value if "number" in types and _NUMBER.fullmatch(value) else None
    if types - {"null"} == {"string"} and type_of(value) == "integer":
        return f'"{value}"'
    return None
