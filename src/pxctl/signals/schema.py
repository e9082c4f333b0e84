"""The signals database: opening it, its tables, and what happens when it is locked, corrupt or on a full disk."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pxctl.core.errors import ToolError

VERSION = 1
BUSY_MS = 5000

TABLES = """
CREATE TABLE sample (
  at_ms INTEGER NOT NULL, provider TEXT NOT NULL, deployment TEXT NOT NULL, ok INTEGER NOT NULL,
  latency_ms REAL, error_code TEXT, error_message TEXT);
CREATE INDEX sample_provider ON sample (provider, at_ms);
CREATE INDEX sample_at ON sample (at_ms);
CREATE TABLE evidence (
  digest TEXT PRIMARY KEY, provider TEXT NOT NULL, blob TEXT NOT NULL, finished_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL, passed INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX evidence_provider ON evidence (provider, finished_ms);
CREATE TABLE deployment (
  name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE fact (name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
"""


class SignalsError(ToolError):
    """The signals database cannot be used."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the database, making it (mode 600) where it is absent. Raises SignalsError."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        db = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
        try:
            db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            _migrate(db, path)
        except BaseException:
            db.close()
            raise
        return db


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    if _version(db) == VERSION:
        return
    db.execute("BEGIN IMMEDIATE")  # one of several processes that start at once makes the tables
    try:
        found = _version(db)
        if found > VERSION:
            raise SignalsError(f"`{path}` was written by a newer pxctl (schema {found})", hint="update pxctl")
        if found == 0:
            for statement in TABLES.strip().split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the disk say into a SignalsError with a way out."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise SignalsError(
                f"`{path}` is locked by another process", hint="wait for the other pxctl run to end, then try again"
            ) from None
        if "full" in text:
            raise SignalsError(f"no space left for `{path}`", hint="free some space on that disk") from None
        if "readonly" in text or "unable to open" in text:
            raise SignalsError(f"`{path}` cannot be written", hint="check the permissions of its folder") from None
        if "malformed" in text or "not a database" in text or "corrupt" in text:
            raise SignalsError(
                f"`{path}` is corrupt", hint="move it away: it holds measurements, which the next validation makes anew"
            ) from None
        raise SignalsError(f"`{path}`: {text}") from None
    except OSError as error:
        raise SignalsError(f"`{path}`: {error.strerror}", hint="check the folder and its permissions") from None
