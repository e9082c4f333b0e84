"""What was found out about one file by itself, so that it need not be found out again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from pxctl.model.finding import Finding

Key = tuple[str, str]
"""A file and the blob id of its bytes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file's bytes say, whatever other files say.

    `data` are its values (JSON's), `sound` tells whether a model can be made of them, `findings` is what the loader
    found, `judged` what the rules found that look at one file (None: nobody asked them yet). They hold for one
    pxctl.yaml, one catalogue and one set of rules.
    """

    data: Any
    sound: bool
    findings: tuple[Finding, ...] = ()
    judged: tuple[Finding, ...] | None = None


class Readings(Protocol):
    """Where readings are kept: a dict, or what an earlier run left."""

    def get(self, key: Key, /) -> Reading | None:
        """What is known of a file with these bytes."""
        ...

    def __setitem__(self, key: Key, reading: Reading, /) -> None: ...
