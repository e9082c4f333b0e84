"""Recorded traffic as blocks of checked rows: every number is looked at, every fault names its file and line."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from pxctl.core.errors import TraceError
from pxctl.core.span import Span
from pxctl.replay.mapping import PRESETS, REQUIRED, Columns, columns_for
from pxctl.replay.records import Records, header_of, read_records
from pxctl.replay.rows import GIVEN, NUMBERS, Block

MOST = 1_000_000_000
"""The largest count of tokens that a request may have."""

SPACING = 1_000_000
"""Microseconds between the rows of a trace that says no times."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"s": 1_000_000, "ms": 1000, "us": 1}


def read_trace(path: Path, *, preset: str | None = None, columns: Mapping[str, str] | None = None) -> Iterator[Block]:
    """Stream a trace. `columns` maps our fields to the file's columns, over those of the preset.

    Times are as recorded, from the first row on; a trace without times is one request a second.

    Raises TraceError (file and line) for missing columns, nonsense numbers and damaged files.
    """
    mapping, required = columns_for(preset, columns or {})
    start, origin = 0, None
    for records in read_records(path, dict(mapping.of), required):
        block, origin = _block(path, records, mapping, start, origin)
        start += len(block)
        yield block
    if not start:
        raise TraceError("the trace has no rows", span=Span(str(path)))


def guess_preset(path: Path) -> str | None:
    """The preset whose columns a trace has; None where no preset fits. Raises TraceError, UsageError."""
    names = set(header_of(path))
    fits = [p for p, required in REQUIRED.items() if all(PRESETS[p].of[field] in names for field in required)]
    return fits[0] if fits else None


def _block(path: Path, records: Records, mapping: Columns, start: int, origin: int | None) -> tuple[Block, int]:
    count = len(records.lines)
    numbers = {name: _counts(path, records, name) for name in NUMBERS}
    cached, whole = numbers["cached_input_tokens"], numbers["input_tokens"]
    if (cached > whole).any():
        line = records.lines[int(np.argmax(cached > whole))]
        raise TraceError("cached_input_tokens is above input_tokens", span=Span(str(path), line))
    at = np.arange(start, start + count, dtype=np.int64) * SPACING
    if "timestamp" in records.columns:
        at = _times(path, records, mapping)
    origin = int(at[0]) if origin is None else origin
    given = {name: _texts(records.columns[name], mapping.words.get(name)) for name in GIVEN if name in records.columns}
    output = numbers["output_tokens"]
    return Block(start, at - origin, whole, cached, output, given, records.lines, str(path)), origin


def _fail(path: Path, records: Records, name: str, read: Callable[[Any], Any], wanted: str) -> NoReturn:
    """Name the first value that `read` refuses."""
    for line, value in zip(records.lines, records.columns[name], strict=True):
        try:
            read(value)
        except (ValueError, TypeError, OverflowError):
            shown = str(value)[:60] if value is not None else ""
            raise TraceError(f"{name} is `{shown}`, not {wanted}", span=Span(str(path), line)) from None
    raise AssertionError(name)  # pragma: no cover - a chunk that failed as a whole fails in one of its values


def _count(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError(value)
    number = int(value) if not isinstance(value, float) else int(value) if value.is_integer() else None
    if number is None or not 0 <= number <= MOST:
        raise ValueError(value)
    return number


def _counts(path: Path, records: Records, name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    texts = records.columns.get(name)
    if texts is None:
        return np.zeros(len(records.lines), dtype=np.int64)
    wanted = f"a whole number from 0 to {MOST:,}"
    try:
        if set(map(type, texts)) <= {int, str}:
            found = np.fromiter(map(int, texts), dtype=np.int64, count=len(texts))
        else:
            found = np.fromiter(map(_count, texts), dtype=np.int64, count=len(texts))
    except (ValueError, TypeError, OverflowError):
        _fail(path, records, name, _count, wanted)
    if found.min(initial=0) < 0 or found.max(initial=0) > MOST:
        _fail(path, records, name, _count, wanted)
    return found


def _times(path: Path, records: Records, mapping: Columns) -> np.ndarray[Any, np.dtype[np.int64]]:
    texts = records.columns["timestamp"]
    if mapping.time == "iso" and (quick := _plain_moments(texts)) is not None:
        return quick
    read = _moment if mapping.time == "iso" else _ticks(_UNITS[mapping.time])
    try:
        return np.fromiter((read(text) for text in texts), dtype=np.int64, count=len(texts))
    except (ValueError, TypeError, OverflowError):
        _fail(path, records, "timestamp", read, "a moment in time")


def _plain_moments(texts: list[Any]) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """Moments without a zone by NumPy's reader; None where one of them is anything else, words such as `now` too."""
    if set(map(type, texts)) != {str} or min(map(len, texts)) < len("2023-11-16 18:17:03"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            moments = np.array(texts, dtype="datetime64[us]")
    except (ValueError, OverflowError, Warning):
        return None
    return None if np.isnat(moments).any() else moments.astype(np.int64)


def _moment(value: Any) -> int:
    """Microseconds since 1970 of an ISO 8601 text or a datetime; a number counts as seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(value * 1_000_000)
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _ticks(unit: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        ticks = round(float(value) * unit)
        if abs(ticks) > 2**62:
            raise ValueError(value)
        return ticks

    return read


def _texts(values: list[Any], words: Mapping[str, str] | None) -> list[str]:
    """Values as text, lists joined by `,`, absent ones empty; `words` translates."""
    texts = [
        v if isinstance(v, str) else "" if v is None else ",".join(map(str, v)) if isinstance(v, list) else str(v)
        for v in values
    ]
    return [words.get(text, text) for text in texts] if words else texts
