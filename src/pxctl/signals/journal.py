"""The journal: what happened outside git, or failed before a commit existed. Append-only JSON Lines, one object a line.

Every line has `schema_version`, `at`, `event`, `actor`, `trace_id` and what the event names. Several processes may
append: a line is one write under a lock of the file. Values are redacted; a Secret cannot be written at all.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pxctl.core.clock import to_text
from pxctl.core.secret import redact
from pxctl.signals.schema import SignalsError


class Journal:
    """The journal of one repository, usually `<repo>/.pxctl/journal.jsonl`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, *, at: datetime, actor: str, **fields: str | int | float | bool | None) -> str:
        """Write one line and return its trace id. Raises SignalsError where the file cannot be written."""
        trace = str(fields.pop("trace_id", None) or uuid.uuid4())
        record: dict[str, Any] = {
            "schema_version": 1,
            "at": to_text(at),
            "event": event,
            "actor": actor,
            "trace_id": trace,
        }
        for name, value in fields.items():
            if value is not None and not isinstance(value, str | int | float | bool):
                raise TypeError(f"the journal takes plain values; `{name}` is none")
            record[name] = redact(value) if isinstance(value, str) else value
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if os.write(handle, line) != len(line):
                    raise SignalsError(f"`{self.path}`: a line was cut off", hint="free some space on that disk")
            finally:
                os.close(handle)
        except OSError as error:
            raise SignalsError(
                f"`{self.path}`: {error.strerror}", hint="check the folder and its permissions"
            ) from None
        return trace

    def read(self) -> Iterator[dict[str, Any]]:
        """Every record, oldest first; a line that was cut off (a crash, a full disk) is skipped."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        except OSError as error:
            raise SignalsError(f"`{self.path}`: {error.strerror}") from None
        for line in text.splitlines():
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict):
                yield record
