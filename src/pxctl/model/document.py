"""A file that was read: its values, and where each of them stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pxctl.core.span import Span

Path = tuple[str | int, ...]


def _nowhere(_path: Sequence[str | int], _key: bool) -> Span | None:
    return None


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the repository.

    `kind` is the folder's meaning (`project`, `provider`, `policy`, `roster`, `request`, `flags`, `guarantees`,
    `scenario`, `config_keys`). `data` holds JSON values as written (dict, list, str, int, float, bool, None).
    `locate` finds a value (or its key) by path; positions are read only when somebody asks.
    """

    file: str
    kind: str
    text: str
    data: Any
    blob: str = ""
    locate: Callable[[Sequence[str | int], bool], Span | None] = _nowhere

    def span(self, *path: str | int, key: bool = False) -> Span:
        """The place of the value at `path` (of its key with `key=True`), or of the nearest parent that has one."""
        steps = tuple(path)
        while True:
            found = self.locate(steps, key)
            if found is not None:
                return found
            if not steps:
                return Span(self.file, 1, 1)
            steps, key = steps[:-1], False
