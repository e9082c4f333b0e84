"""Git's objects as bytes: trees, commits, and a pack that holds what a release adds.

A release is written as one pack (or, when small, as loose objects) in one git process, so its cost does not depend on
a work tree, an index or a temporary reference. Formats: git's `Documentation/gitformat-pack` and `git-mktree`.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

BLOB_MODE = "100644"
TREE_MODE = "40000"
_KINDS = {"commit": 1, "tree": 2, "blob": 3}


class Entry(NamedTuple):
    """One line of a tree."""

    mode: str
    id: str


class NewObject(NamedTuple):
    """An object that is to be written."""

    kind: str
    id: str
    data: bytes


def new_object(kind: str, data: bytes) -> NewObject:
    """An object with its id."""
    head = f"{kind} {len(data)}\0".encode()
    return NewObject(kind, hashlib.sha1(head + data, usedforsecurity=False).hexdigest(), data)


def decode_tree(data: bytes) -> dict[str, Entry]:
    """The lines of a tree object, by name."""
    entries: dict[str, Entry] = {}
    at = 0
    while at < len(data):
        space = data.index(b" ", at)
        end = data.index(b"\0", space)
        name = data[space + 1 : end].decode("utf-8", "surrogateescape")
        entries[name] = Entry(data[at:space].decode(), data[end + 1 : end + 21].hex())
        at = end + 21
    return entries


def encode_tree(entries: Mapping[str, Entry]) -> bytes:
    """A tree object's bytes: lines in git's order, where a folder sorts as if its name ended in `/`."""

    lines = []
    for name, (mode, id_) in entries.items():
        raw = name.encode("utf-8", "surrogateescape")
        lines.append(
            (raw + b"/" if mode == TREE_MODE else raw, mode.encode() + b" " + raw + b"\0" + bytes.fromhex(id_))
        )
    lines.sort()
    return b"".join([line for _, line in lines])


def id_at(raw: bytes, name: str) -> int:
    """Where a file's id stands in a tree's bytes, or 0. A line starts where the last one's NUL and id end."""
    line = f"{BLOB_MODE} {name}\0".encode("utf-8", "surrogateescape")
    start = raw.find(line)
    while start > 0 and raw[start - 21] != 0:
        start = raw.find(line, start + 1)
    return start + len(line) if start >= 0 else 0


def encode_commit(tree: str, parent: str | None, who: tuple[str, str], when: datetime, message: str) -> bytes:
    """A commit object's bytes; author and committer are the same, the time zone is UTC."""
    name, email = (_plain(part) for part in who)
    ident = f"{name or 'unknown'} <{email}> {int(when.timestamp())} +0000"
    lines = [f"tree {tree}", *([f"parent {parent}"] if parent else []), f"author {ident}", f"committer {ident}"]
    return ("\n".join(lines) + "\n\n" + message.rstrip("\n") + "\n").encode("utf-8", "replace")


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and c not in "<>\n").strip()


def encode_pack(objects: Iterable[NewObject]) -> tuple[bytes, int]:
    """A pack (version 2, no deltas) of the objects, each once, and how many there are."""
    unique = {item.id: item for item in objects}
    parts = [b"PACK" + struct.pack(">II", 2, len(unique))]
    for item in unique.values():
        size = len(item.data)
        byte = (_KINDS[item.kind] << 4) | (size & 0x0F)
        size >>= 4
        head = bytearray()
        while size:
            head.append(byte | 0x80)
            byte = size & 0x7F
            size >>= 7
        head.append(byte)
        parts += [bytes(head), zlib.compress(item.data, 0 if item.kind == "tree" else 1)]  # ids do not compress
    body = b"".join(parts)
    return body + hashlib.sha1(body, usedforsecurity=False).digest(), len(unique)


class Commit(NamedTuple):
    """What matters of a commit object."""

    tree: str
    parents: tuple[str, ...]
    author: str
    time: int
    message: str


def decode_commit(data: bytes) -> Commit:
    """Read a commit object. Raises ValueError where a header is missing."""
    head, _, message = data.decode("utf-8", "replace").partition("\n\n")
    tree, parents, author, time = "", [], "", 0
    for line in head.split("\n"):
        name, _, value = line.partition(" ")
        if name == "tree":
            tree = value
        elif name == "parent":
            parents.append(value)
        elif name == "author":
            author = value.rpartition("> ")[0] + ">"
        elif name == "committer":
            time = int(value.rpartition("> ")[2].split()[0])
    if not tree:
        raise ValueError("a commit without a tree")
    return Commit(tree, tuple(parents), author, time, message)
