"""Finding and reading snapshot files. Reading is all that is ever done to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pxctl.core.errors import UsageError
from pxctl.model.matrix import MatrixFault

PREFIX = "ai_provider_route_matrix_"
PATTERN = f"{PREFIX}*.json"


def find(place: Path) -> Path:
    """The file given, or the last snapshot by name (plain string order) in a directory. Raises UsageError."""
    if place.is_dir():
        names = sorted(entry.name for entry in place.glob(PATTERN) if entry.is_file())
        if not names:
            raise UsageError(
                f"no AI provider route matrix snapshots found in `{place}`",
                hint=f"a snapshot is named {PATTERN}; make one with `pxctl matrix build --output FILE`",
            )
        return place / names[-1]
    if not place.is_file():
        raise UsageError(f"`{place}` is neither a file nor a directory", hint="name a snapshot or its directory")
    return place


MAX_BYTES = 32 * 1024 * 1024


def read_bytes(file: Path) -> bytes:
    """The bytes of a snapshot, at most 32 MiB. Raises UsageError where the machine refuses, or for more."""
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise UsageError(f"{file}: {size:,} bytes are no snapshot; at most {MAX_BYTES:,} are read")
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {(error.strerror or 'input error').lower()}") from None


class _Pairs(dict[str, Any]):
    """An object that remembers the keys that stood in it twice."""

    twice: tuple[str, ...] = ()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = _Pairs(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        found.twice = tuple(name for name in found if names.count(name) > 1)
    return found


def twice_in(value: object) -> tuple[str, ...]:
    """The keys that stood twice in an object that `parse` read."""
    return value.twice if isinstance(value, _Pairs) else ()


def parse(raw: bytes) -> tuple[Any, MatrixFault | None]:
    """The JSON value of a snapshot, or None and the fault `F2`."""
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_pairs), None
    except UnicodeDecodeError as error:
        message = f"the file is not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        message = f"the file is not JSON at line {error.lineno}, column {error.colno}: {error.msg.lower()}"
    except RecursionError:
        message = "the file is nested too deeply to be a snapshot"
    except ValueError:
        message = "the file holds a number with too many digits"
    return None, MatrixFault(rule="F2", path=(), message=message, hint="save it as UTF-8 JSON")
