"""Canonical JSON and digests: the same value gives the same bytes everywhere."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no white space; NaN and infinity are refused with ValueError."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256(data: bytes) -> str:
    """`sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """The SHA-256 digest of a value's canonical JSON."""
    return sha256(canonical_json(value))


def blob_id(data: bytes) -> str:
    """Git's own blob id (SHA-1) for `data`, so that content can be compared with a repository's objects."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def key64(text: str) -> int:
    """The first 64 bits (big-endian) of BLAKE2b over the UTF-8 text: request keys and deployment multipliers."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
