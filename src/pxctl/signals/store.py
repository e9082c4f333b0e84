"""Measured facts, kept: samples of calls, evidence, what is known of each deployment, and safe mode.

One SQLite file in WAL mode: several processes may read and write it. Rows older than the retention (30 days) go when
something is written. Times are milliseconds since 1970, UTC.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pxctl.core.secret import brief
from pxctl.model.evidence import CallSample, Evidence
from pxctl.model.signals import DeploymentSignal, ProviderHealth, SafeMode, Signals
from pxctl.signals.schema import SignalsError, connect, explained
from pxctl.signals.windows import LONG, from_ms, health_of, signal_of, to_ms

RETENTION = timedelta(days=30)


class SignalStore:
    """The signals of one repository, usually `<repo>/.pxctl/signals.db`."""

    def __init__(self, path: Path, *, retention: timedelta = RETENTION) -> None:
        """Open or make the database. Raises SignalsError where it is locked, corrupt or cannot be written."""
        self.path = path
        self.retention = retention
        self._lock = threading.Lock()
        self._db = connect(path)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> SignalStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- writing

    def record(self, *, samples: Iterable[CallSample] = (), evidence: Iterable[Evidence] = (), now: datetime) -> None:
        """Keep samples and evidence, in one transaction, and drop what is older than the retention."""
        rows = [
            (
                to_ms(s.at), s.provider, s.deployment, int(s.ok), s.latency_ms, s.error_code,
                brief(s.error_message) if s.error_message else None,
            )
            for s in samples
        ]  # fmt: skip
        found = list(evidence)
        with self._writing() as db:
            db.executemany("INSERT INTO sample VALUES (?,?,?,?,?,?,?)", rows)
            for one in found:
                db.execute(
                    "INSERT OR REPLACE INTO evidence VALUES (?,?,?,?,?,?,?)",
                    (
                        one.digest, one.provider, one.blob, to_ms(one.finished_at), to_ms(one.expires_at),
                        int(one.passed), one.model_dump_json(),
                    ),
                )  # fmt: skip
                self._health(db, one)
            edge = to_ms(now - self.retention)
            db.execute("DELETE FROM sample WHERE at_ms < ?", (edge,))
            db.execute("DELETE FROM evidence WHERE finished_ms < ?", (edge,))

    def _health(self, db: sqlite3.Connection, evidence: Evidence) -> None:
        """A validation run's regional health becomes the health signal of the deployments that it called."""
        called = {(r.model, r.region) for r in evidence.results if r.model}
        for model, region in sorted(called):
            health = evidence.health_parts.get(f"region:{region}")
            if health is not None:
                name = f"{evidence.provider}/{model}@{region}"
                self._merge(
                    db, name, {"health": health, "health_at": evidence.finished_at.isoformat()}, evidence.finished_at
                )

    def put_deployment(self, name: str, signal: DeploymentSignal, now: datetime) -> None:
        """Set what is known of a deployment (`provider/model@region`); fields that are not given keep their value."""
        with self._writing() as db:
            self._merge(db, name, signal.model_dump(mode="json", exclude_unset=True), now)

    def _merge(self, db: sqlite3.Connection, name: str, fields: Mapping[str, Any], now: datetime) -> None:
        row = db.execute("SELECT body FROM deployment WHERE name = ?", (name,)).fetchone()
        body = json.dumps({**(json.loads(row[0]) if row else {}), **fields})
        db.execute("INSERT OR REPLACE INTO deployment VALUES (?,?,?)", (name, to_ms(now), body))

    def put_fact(self, name: str, value: Any, now: datetime) -> None:
        """Keep one named JSON value, such as `safe_mode` or `missing_credentials`."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO fact VALUES (?,?,?)", (name, to_ms(now), json.dumps(value)))

    # ---- reading

    def fact(self, name: str) -> Any:
        """A named value, or None."""
        row = self._one("SELECT body FROM fact WHERE name = ?", (name,))
        return json.loads(row[0]) if row else None

    def latest_evidence(self, provider: str, *, blob: str | None = None) -> Evidence | None:
        """The newest evidence of a provider, of one version of its file where `blob` is given."""
        row = self._one(
            "SELECT body FROM evidence WHERE provider = ? AND (? IS NULL OR blob = ?)"
            " ORDER BY finished_ms DESC LIMIT 1",
            (provider, blob, blob),
        )
        return _evidence(row[0]) if row else None

    def evidence(self, provider: str | None = None, *, since: datetime | None = None) -> Iterator[Evidence]:
        """Evidence, newest first."""
        rows = self._all(
            "SELECT body FROM evidence WHERE finished_ms >= ? AND (? IS NULL OR provider = ?)"
            " ORDER BY finished_ms DESC",
            (to_ms(since) if since else 0, provider, provider),
        )
        for (body,) in rows:
            one = _evidence(body)
            if one is not None:
                yield one

    def health(self, provider: str, now: datetime) -> ProviderHealth:
        """The health fields of one provider."""
        rows = self._all(
            "SELECT at_ms, ok, latency_ms, error_code, error_message FROM sample WHERE provider = ? ORDER BY at_ms",
            (provider,),
        )
        return health_of(provider, rows, now)

    def snapshot(self, now: datetime) -> Signals:
        """All measured facts at one moment, as `decide` takes them."""
        rows = self._all(
            "SELECT deployment, ok, latency_ms FROM sample WHERE at_ms > ? AND at_ms <= ?",
            (to_ms(now - LONG), to_ms(now)),
        )
        by_name: dict[str, list[tuple[int, float | None]]] = {}
        for name, ok, latency in rows:
            by_name.setdefault(name, []).append((ok, latency))
        known = {name: json.loads(body) for name, body in self._all("SELECT name, body FROM deployment", ())}
        deployments = {
            name: signal_of(known.get(name, {}), by_name.get(name, [])) for name in sorted({*known, *by_name})
        }
        safe = self.fact("safe_mode")
        return Signals(
            now=now,
            deployments=deployments,
            missing_credentials=frozenset(self.fact("missing_credentials") or ()),
            safe_mode=SafeMode.model_validate(safe) if safe else SafeMode(),
        )

    def calls(
        self, since: datetime, until: datetime, *, provider: str | None = None
    ) -> list[tuple[datetime, bool, float | None]]:
        """(when, worked, latency in ms) of every sample after `since` and up to `until`, oldest first."""
        rows = self._all(
            "SELECT at_ms, ok, latency_ms FROM sample WHERE at_ms > ? AND at_ms <= ? AND (? IS NULL OR provider = ?)"
            " ORDER BY at_ms",
            (to_ms(since), to_ms(until), provider, provider),
        )
        return [(from_ms(at), bool(ok), latency) for at, ok, latency in rows]

    def last_written(self) -> datetime | None:
        """When the newest sample was taken."""
        row = self._one("SELECT max(at_ms) FROM sample", ())
        return from_ms(row[0]) if row and row[0] is not None else None

    # ---- the database itself

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, explained(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _all(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        with self._lock, explained(self.path):
            return self._db.execute(sql, values).fetchall()

    def _one(self, sql: str, values: tuple[Any, ...]) -> Any:
        with self._lock, explained(self.path):
            return self._db.execute(sql, values).fetchone()


def _evidence(body: str) -> Evidence | None:
    """Evidence from its row; one that a newer or broken pxctl wrote is no evidence."""
    try:
        return Evidence.model_validate_json(body)
    except ValidationError:
        return None


__all__ = ["RETENTION", "SignalStore", "SignalsError"]
