"""What earlier runs found out about each file, kept beside the last report (`lint_cache.py`).

A line for each file and content: a checksum, the blob id and the path, then what was found. Lines are added; where few
of them are of use any more, the file is written anew. The first line names the tool, the rules, pxctl.yaml and
the catalogue: lines of others are not used. A line that is damaged, half-written or out of date is not used either.
A file that seems to hold a secret is read anew each time.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from pxctl.app.flows.lint_cache import cache_file, private_bytes, tool
from pxctl.core.digest import blob_id
from pxctl.lint.registry import all_rules
from pxctl.load.tree import UnreadableError, WorkTree
from pxctl.model.reading import Key, Reading

FORMAT = "pxctl-readings-1"
MANY = 1_000
"""Lines without use that a file may hold before it is written anew, besides as many as are of use."""
_SUM = 16
_SECRETS = frozenset(f"PX020{number}" for number in range(1, 7))
"""Rules that find what looks like a secret."""


class KeptReadings:
    """Readings of the files of a work tree (`model.reading.Readings`), from an earlier run and for the next one."""

    def __init__(self, tree: WorkTree) -> None:
        self._tree = tree
        self._place = cache_file(tree.root, ".readings")
        self._head = _head(tree)
        self._lines: dict[bytes, bytes] = {}
        self._fresh: dict[bytes, Reading] = {}
        self._used: set[bytes] = set()
        head, _, rest = private_bytes(self._place).partition(b"\n")
        self._grows = head == self._head
        if self._grows:
            self._lines = {line[_SUM:].partition(b"\t")[0]: line for line in rest.split(b"\n")}

    def get(self, key: Key, /) -> Reading | None:
        """What is known of a file with these bytes."""
        name = _name(key)
        if name in self._fresh:
            return self._fresh[name]
        reading = _decoded(self._lines.get(name, b""))
        if reading is not None:
            self._used.add(name)
        return reading

    def __setitem__(self, key: Key, reading: Reading, /) -> None:
        """Keep something."""
        self._fresh[_name(key)] = reading

    def save(self) -> None:
        """Write what is new. What cannot be written is not missed."""
        if _head(self._tree) != self._head:
            return  # pxctl.yaml or the tool changed under this run
        new = [line for name, reading in self._fresh.items() if (line := _encoded(name, reading))]
        useless = len(self._lines) - len(self._used)
        with suppress(OSError):
            if self._grows and useless <= MANY + len(self._used):
                if new:
                    _append(self._place, b"\n".join([b"", *new, b""]))
            else:
                kept = [self._lines[name] for name in self._used - self._fresh.keys()]
                _replace(self._place, b"\n".join([self._head, *kept, *new, b""]))


def _head(tree: WorkTree) -> bytes:
    """All that readings depend on besides their files: the tool with its catalogue, the rules, and pxctl.yaml."""
    parts = [tool(), *all_rules()]
    for name in ("pxctl.yaml", "pxctl.json"):
        with suppress(UnreadableError):
            parts.append(f"{name} {blob_id(tree.read(name))}")
    return f"{FORMAT} {hashlib.sha256(chr(10).join(parts).encode()).hexdigest()}".encode()


def _name(key: Key) -> bytes:
    return f"{key[1]} {key[0]}".encode("utf-8", "surrogateescape")


def _sum(rest: bytes) -> bytes:
    return hashlib.blake2b(rest, digest_size=_SUM // 2).hexdigest().encode()


def _encoded(name: bytes, reading: Reading) -> bytes | None:
    """A line; None where JSON does not say the same, or where the values may hold a secret: it is not copied."""
    from pydantic_core import PydanticSerializationError, from_json, to_json

    if reading.judged is None or any(finding.code in _SECRETS for finding in reading.judged):
        return None
    findings = [[found.model_dump(mode="json") for found in of] for of in (reading.findings, reading.judged)]
    try:
        body = to_json([reading.sound, reading.data, *findings])
        if not reading.sound and from_json(body)[1] != reading.data:
            return None
    except (PydanticSerializationError, ValueError, RecursionError):
        return None
    rest = name + b"\t" + body
    return _sum(rest) + rest


def _decoded(line: bytes) -> Reading | None:
    """What a line says; None where it is damaged."""
    from pydantic_core import from_json

    from pxctl.model.finding import Finding

    def findings(found: Any) -> tuple[Finding, ...]:
        return tuple(Finding.model_validate(value) for value in found)

    try:
        if _sum(line[_SUM:]) != line[:_SUM]:
            return None
        sound, data, found, judged = from_json(line.partition(b"\t")[2])
        return Reading(data, bool(sound), findings(found), findings(judged))
    except (ValueError, TypeError, RecursionError):
        return None


def _append(place: Path, data: bytes) -> None:
    handle = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
    with os.fdopen(handle, "ab") as file:
        file.write(data)


def _replace(place: Path, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(place)
