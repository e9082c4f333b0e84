"""The signals store: windows, retention, several processes, and a disk that does not play along."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pxctl.core.secret import Secret
from pxctl.model.evidence import CallSample, Evidence, SuiteResult
from pxctl.model.signals import DeploymentSignal
from pxctl.signals.journal import Journal
from pxctl.signals.schema import SignalsError
from pxctl.signals.store import SignalStore

NOW = datetime(2026, 11, 1, 10, tzinfo=UTC)


def sample(seconds_ago: float, ok: bool = True, latency: float | None = 100.0, **fields) -> CallSample:
    return CallSample(
        provider="p", deployment="p/m@us", at=NOW - timedelta(seconds=seconds_ago), ok=ok,
        latency_ms=latency if ok else None, error_code=None if ok else "timeout", **fields,
    )  # fmt: skip


def evidence(blob: str = "b1", minutes_ago: int = 0, passed: bool = True) -> Evidence:
    at = NOW - timedelta(minutes=minutes_ago)
    result = SuiteResult(suite="chat", model="m", region="us", passed=passed, calls=1)
    return Evidence(
        provider="p", blob=blob, tool_version="0", started_at=at, finished_at=at, expires_at=at + timedelta(days=7),
        passed=passed, health=0.75, health_parts={"region:us": 0.75}, results=(result,),
        digest=f"sha256:{blob}{minutes_ago}",
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path):
    with SignalStore(tmp_path / "state" / "signals.db") as opened:
        yield opened


def test_health_fields(store: SignalStore) -> None:
    assert store.health("p", NOW).success_rate_5m is None and store.health("p", NOW).last_checked_at is None
    samples = [sample(400, latency=9000), *(sample(290 - i, latency=float(i)) for i in range(1, 101))]
    samples += [sample(90, ok=False), sample(30, ok=False, error_message="no answer"), sample(5, latency=42.0)]
    store.record(samples=samples, now=NOW)
    found = store.health("p", NOW)
    assert found.latency_ms_last == 42.0 and found.latency_ms_p95_5m == 95.0
    assert found.latency_ms_avg_5m == pytest.approx((5050 + 42) / 101, abs=0.001)
    assert found.success_rate_5m == pytest.approx(101 / 103)
    assert found.failure_count_last_1m == 1
    assert (found.last_error_code, found.last_error_message) == ("timeout", "no answer")
    assert found.last_checked_at == NOW - timedelta(seconds=5)


def test_snapshot_is_what_decide_takes(store: SignalStore) -> None:
    store.record(samples=[sample(10), sample(5, ok=False), sample(600, latency=5.0)], evidence=[evidence()], now=NOW)
    store.put_deployment("p/m@us", DeploymentSignal(circuit="half_open", quota_requests=7), NOW)
    store.put_deployment("q/m@eu", DeploymentSignal(health=0.5), NOW)
    store.put_fact("safe_mode", {"tenants": ["acme"]}, NOW)
    store.put_fact("missing_credentials", ["q"], NOW)
    found = store.snapshot(NOW)
    mine = found.deployments["p/m@us"]
    assert (mine.health, mine.latency_p95_ms, mine.error_rate) == (0.75, 100.0, 0.5)
    assert (mine.circuit, mine.quota_requests, mine.health_at) == ("half_open", 7, NOW)
    assert found.deployments["q/m@eu"].health == 0.5 and found.now == NOW
    assert found.missing_credentials == {"q"} and found.safe_mode.covers("acme", "x")


def test_a_clock_that_jumped_does_not_break_windows(store: SignalStore) -> None:
    store.record(samples=[sample(-3600)], now=NOW)
    found = store.health("p", NOW)
    assert found.last_checked_at == NOW and found.success_rate_5m == 1.0
    assert store.snapshot(NOW).deployments == {}


def test_evidence_is_found_by_provider_and_blob(store: SignalStore) -> None:
    store.record(evidence=[evidence("b1", 9), evidence("b1", 5, passed=False), evidence("b2", 1)], now=NOW)
    latest, of_blob = store.latest_evidence("p"), store.latest_evidence("p", blob="b1")
    assert latest is not None and latest.blob == "b2"
    assert of_blob is not None and not of_blob.passed
    assert store.latest_evidence("other") is None and store.latest_evidence("p", blob="b3") is None
    assert [one.blob for one in store.evidence("p")] == ["b2", "b1", "b1"]
    assert len(list(store.evidence(since=NOW - timedelta(minutes=2)))) == 1


def test_retention(store: SignalStore) -> None:
    store.record(samples=[sample(31 * 86400)], evidence=[evidence(minutes_ago=31 * 1440)], now=NOW - timedelta(days=31))
    assert store.latest_evidence("p") is not None
    store.record(now=NOW)
    assert store.latest_evidence("p") is None and store.health("p", NOW).last_checked_at is None


def test_messages_are_redacted_and_the_file_is_private(store: SignalStore) -> None:
    Secret("canary-secret-4711-abcdef")
    store.record(samples=[sample(1, ok=False, error_message="bad key canary-secret-4711-abcdef")], now=NOW)
    assert "canary-secret" not in str(store.health("p", NOW))
    assert store.path.stat().st_mode & 0o077 == 0


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    code = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pxctl.model.evidence import CallSample
from pxctl.signals.store import SignalStore
from pxctl.signals.journal import Journal
now = datetime(2026, 11, 1, 10, tzinfo=UTC)
for i in range(20):
    with SignalStore(Path(sys.argv[1]) / "signals.db") as store:
        store.record(samples=[CallSample(provider="p", deployment="p/m@us", at=now, ok=True, latency_ms=1.0)], now=now)
    Journal(Path(sys.argv[1]) / "journal.jsonl").append("test", at=now, actor="ada", text="x" * 5000)
"""
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(4)]
    assert [process.wait(120) for process in running] == [0] * 4
    with sqlite3.connect(tmp_path / "signals.db") as db:
        assert db.execute("SELECT count(*) FROM sample").fetchone() == (80,)
    db.close()
    assert len(list(Journal(tmp_path / "journal.jsonl").read())) == 80


def test_a_locked_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pxctl.signals.schema.BUSY_MS", 50)
    path = tmp_path / "signals.db"
    with SignalStore(path) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SignalsError, match="locked"):
            store.record(samples=[sample(1)], now=NOW)
        other.execute("ROLLBACK")
        other.close()
        store.record(samples=[sample(1)], now=NOW)
        assert store.health("p", NOW).success_rate_5m == 1.0


@pytest.mark.parametrize(
    "content",
    [b"this is no database at all, but long enough to be read as one" * 20, b"SQLite format 3\0" + b"\xff" * 4096],
)
def test_a_corrupt_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "signals.db"
    path.write_bytes(content)
    with pytest.raises(SignalsError, match="corrupt") as caught:
        SignalStore(path)
    assert "move it away" in (caught.value.hint or "") and path.read_bytes()[:10] == content[:10]


def test_a_newer_schema_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "signals.db"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(SignalsError, match="newer pxctl"):
        SignalStore(path)


def test_a_full_disk(store: SignalStore) -> None:
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(SignalsError, match="no space left"):
        store.record(samples=[sample(1, ok=False, error_message="x" * 199) for _ in range(2000)], now=NOW)
    assert store.health("p", NOW).last_checked_at is None


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SignalsError):
        SignalStore(tmp_path / "file" / "signals.db")
    with pytest.raises(SignalsError):
        Journal(tmp_path / "file" / "journal.jsonl").append("x", at=NOW, actor="ada")


def test_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    assert list(journal.read()) == []
    Secret("canary-secret-4711-abcdef")
    trace = journal.append("secret.updated", at=NOW, actor="ada", provider_id="p", note="is canary-secret-4711-abcdef")
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write('{"cut of')
    record = next(iter(journal.read()))
    assert (
        record["event"] == "secret.updated"
        and record["trace_id"] == trace
        and record["at"] == "2026-11-01T10:00:00.000Z"
    )
    assert "canary" not in (tmp_path / "journal.jsonl").read_text()
    assert (tmp_path / "journal.jsonl").stat().st_mode & 0o077 == 0
    with pytest.raises(TypeError):
        journal.append("x", at=NOW, actor="ada", value=Secret("canary-secret-4711-abcdef"))  # type: ignore[arg-type]
