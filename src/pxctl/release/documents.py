"""The small files of an environment branch: bytes <-> values.

Pins are written by hand here, in a fixed form, because equal pins must be equal bytes for ever: tenants with the same
pins share one blob, and plan digests compare blobs.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from pydantic import ValidationError

from pxctl.core.errors import GitError
from pxctl.model.base import Model
from pxctl.model.release import SCHEMA_VERSION, Pins, Release

RELEASE = "RELEASE.json"
SIGNATURE = "RELEASE.json.sig"
SAFE_MODE = "safe-mode.yaml"
SIGNERS = "signers.yaml"
OUTSIDE_PAYLOAD = frozenset({RELEASE, SIGNATURE, "evidence"})
"""Names in the root that are no part of the payload."""

_PLAIN = re.compile(r"[a-z][a-z0-9-]*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_M = TypeVar("_M", bound=Model)


def _key(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text not in _WORDS else json.dumps(text)


def encode_pins(pins: Pins) -> bytes:
    """The fixed YAML form of a tenant's pins."""
    lines = []
    for kind, numbers in (("policies", pins.policies), ("providers", pins.providers)):
        lines.append(f"{kind}:" + ("" if numbers else " {}"))
        lines += [f"  {_key(name)}: {number}" for name, number in sorted(numbers.items())]
    if pins.flags is not None:
        lines.append(f"flags: {pins.flags}")
    return ("\n".join(lines) + "\n").encode()


def decode(data: bytes) -> Any:
    """The plain value of a YAML (or JSON) document. Raises ValueError."""
    from pxctl.load.reader import read_text

    value, _, problems = read_text("", data.decode())
    if problems:
        raise ValueError(problems[0].message)
    return value


def decode_model(model: type[_M], data: bytes, place: str) -> _M:
    """A document of the branch as a model. Raises GitError that names the place."""
    try:
        return model.model_validate(decode(data))
    except (ValueError, ValidationError) as error:
        raise GitError(f"{place}: not a {model.__name__.lower()} document: {_first(error)}") from None


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        one = error.errors()[0]
        return f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def encode_model(value: Model) -> bytes:
    """A model as YAML, in field order."""
    from pxctl.load.writer import dump_yaml

    return dump_yaml(value.model_dump(mode="json", exclude_none=True)).encode()


def encode_release(release: Release) -> bytes:
    """RELEASE.json's bytes: indented, in field order, absent values left out."""
    value = release.model_dump(mode="json", exclude_none=True)
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def decode_release(data: bytes, place: str) -> Release:
    """Read RELEASE.json, of this or an older schema; of a newer one, what is known of it. Raises GitError."""
    try:
        value = json.loads(data)
        if not isinstance(value, dict):
            raise ValueError("not an object")
        if isinstance(value.get("schema_version"), int) and value["schema_version"] > SCHEMA_VERSION:
            value = {name: item for name, item in value.items() if name in Release.model_fields}
        return Release.model_validate(value)
    except (ValueError, ValidationError) as error:
        raise GitError(f"{place}: not a release: {_first(error)}") from None


def encode_json(value: Model) -> bytes:
    """A model as indented JSON."""
    return json.dumps(value.model_dump(mode="json", exclude_none=True), indent=2, ensure_ascii=False).encode() + b"\n"
