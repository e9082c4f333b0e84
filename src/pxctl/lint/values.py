"""Walking over the values of a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pxctl.model.document import Path


def scalars(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every scalar with its path, in order. Loaded values are at most 64 levels deep."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from scalars(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from scalars(item, (*path, i))
    else:
        yield path, value


def keys(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every key of every mapping with its path, in order."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key), key
            yield from keys(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from keys(item, (*path, i))
