"""Raw records of a trace file, streamed: CSV, JSON Lines (plain or gzip) and Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import methodcaller
from pathlib import Path
from typing import Any, NamedTuple

from pxctl.core.errors import ToolError, TraceError, UsageError
from pxctl.core.span import Span

LONGEST = 16 * 1024 * 1024
"""Characters of the longest line that is read; a longer one is no trace."""

PIECE = 1 << 21
"""Characters that are read at once."""
CHUNK = 65_536
"""Records of one block, where it is not a piece that gives a block."""


class Records(NamedTuple):
    """Consecutive records in columns: the line of each, and the values of each column (None: not given)."""

    lines: Sequence[int]
    columns: dict[str, list[Any]]


def read_records(path: Path, wanted: dict[str, str], required: tuple[str, ...]) -> Iterator[Records]:
    """Yield chunks of the wanted columns (field -> column), keyed by field.

    Raises TraceError with file and line for what cannot be read, UsageError where there is no such file.
    """
    kind = _kind(path)
    reader = _parquet if kind == "parquet" else _jsonl if kind == "jsonl" else _csv
    with _readable(path):
        yield from reader(path, wanted, required)


def header_of(path: Path) -> list[str]:
    """The names of a trace's columns (of its first record for JSON Lines). Raises as `read_records`."""
    kind = _kind(path)
    with _readable(path):
        if kind == "parquet":
            with _parquet_file(path) as file:
                return list(file.schema_arrow.names)
        first = next(_lines(path), "")
        try:
            found = json.loads(first) if kind == "jsonl" else next(csv.reader([first]), [])
        except (ValueError, RecursionError, csv.Error):
            return []
        return [str(name).strip() for name in found] if isinstance(found, dict | list) else []


def _kind(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return "parquet" if name.endswith(".parquet") else "jsonl" if name.endswith((".jsonl", ".ndjson")) else "csv"


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What goes wrong below becomes ours."""
    try:
        yield
    except FileNotFoundError:
        raise UsageError(f"no trace `{path}`") from None
    except IsADirectoryError:
        raise UsageError(f"`{path}` is a directory, not a trace") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise TraceError(f"the compressed data are damaged: {error}", span=Span(str(path))) from None
    except UnicodeDecodeError as error:
        raise TraceError(f"not UTF-8 text: {error.reason}", span=Span(str(path))) from None
    except OSError as error:
        raise ToolError(f"cannot read `{path}`: {error.strerror or error}") from None


def _open(path: Path) -> io.TextIOBase:
    if path.name.lower().endswith(".gz"):
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", newline="")
    return path.open("r", encoding="utf-8-sig", newline="")


def _lines(path: Path) -> Iterator[str]:
    """Lines without their ends, split a piece of the file at a time."""
    return chain.from_iterable(_pieces(path))


def _pieces(path: Path) -> Iterator[list[str]]:
    number, rest = 0, ""
    with _open(path) as handle:
        while piece := handle.read(PIECE):
            lines = (rest + piece).split("\n")
            rest = lines.pop()
            number += len(lines)
            if len(rest) >= LONGEST:
                raise TraceError(f"a line of {LONGEST} characters or more", span=Span(str(path), number + 1))
            yield lines
    if rest:
        yield [rest]


def _missing(span: Span, field: str, column: str, has: list[str]) -> TraceError:
    return TraceError(
        f"no column `{column}` for {field}; the trace has " + (", ".join(f"`{h}`" for h in has[:20]) or "none"),
        span=span,
        hint=f"name it with --column {field}=COLUMN, or pick a --preset",
    )


def _csv(path: Path, wanted: dict[str, str], required: tuple[str, ...]) -> Iterator[Records]:
    pieces = _pieces(path)
    first = next(pieces, None)
    if first is None:
        raise TraceError("the trace is empty", span=Span(str(path)))
    header = _header(path, first[0])
    for field in required:
        if wanted[field] not in header:
            raise _missing(Span(str(path), 1), field, wanted[field], header)
    for field, column in wanted.items():
        if header.count(column) > 1:
            raise TraceError(f"the column `{column}` for {field} stands there twice", span=Span(str(path), 1))
    fields = [(field, header.index(column)) for field, column in wanted.items() if column in header]
    done, count = 1, len(header)
    for lines in chain([first[1:]], pieces):
        if (cells := _cells(lines, count)) is None:
            yield from _quoted(path, chain(lines, chain.from_iterable(pieces)), done, count, fields)
            return
        if lines:
            numbers = range(done + 1, done + 1 + len(lines))
            yield Records(numbers, {field: cells[i::count] for field, i in fields})
        done += len(lines)


def _header(path: Path, line: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], strict=True), [])]
    except csv.Error as error:
        raise TraceError(f"not CSV: {error}", span=Span(str(path), 1)) from None


def _cells(lines: list[str], count: int) -> list[str] | None:
    """The cells of lines one after the other, where there are no quotes and every line has `count` of them."""
    if lines and lines[0].endswith("\r"):
        lines = [line.removesuffix("\r") for line in lines]
    if set(map(methodcaller("count", ","), lines)) - {count - 1} or "" in lines:
        return None
    text = ",".join(lines)
    return None if '"' in text or "\r" in text or "\0" in text else text.split(",")


def _quoted(
    path: Path, lines: Iterator[str], done: int, count: int, fields: list[tuple[str, int]]
) -> Iterator[Records]:  # fmt: skip
    """What is not that plain, record by record; `done` lines came before."""
    reader = csv.reader(lines, strict=True)
    numbers: list[int] = []
    rows: list[list[str]] = []
    try:
        for row in reader:
            if not row:
                continue
            if len(row) != count:
                span = Span(str(path), done + reader.line_num)
                raise TraceError(f"{len(row)} values under {count} columns", span=span)
            numbers.append(done + reader.line_num)
            rows.append(row)
            if len(rows) == CHUNK:
                yield Records(numbers, {field: [r[i] for r in rows] for field, i in fields})
                numbers, rows = [], []
    except csv.Error as error:
        raise TraceError(f"not CSV: {error}", span=Span(str(path), done + reader.line_num)) from None
    if rows:
        yield Records(numbers, {field: [r[i] for r in rows] for field, i in fields})


def _jsonl(path: Path, wanted: dict[str, str], required: tuple[str, ...]) -> Iterator[Records]:
    lines: list[int] = []
    kept: list[dict[str, Any]] = []
    any_row = False
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            said = error.msg if isinstance(error, json.JSONDecodeError) else "numbers or nesting out of bounds"
            raise TraceError(f"not JSON: {said}", span=Span(str(path), number)) from None
        if not isinstance(record, dict):
            raise TraceError("a line must hold a JSON object", span=Span(str(path), number))
        for field in required:
            if wanted[field] not in record:
                raise _missing(Span(str(path), number), field, wanted[field], list(record))
        any_row = True
        lines.append(number)
        kept.append(record)
        if len(kept) == CHUNK:
            yield _gather(lines, kept, wanted)
            lines, kept = [], []
    if not any_row:
        raise TraceError("the trace is empty", span=Span(str(path)))
    if kept:
        yield _gather(lines, kept, wanted)


def _gather(lines: list[int], kept: list[dict[str, Any]], wanted: dict[str, str]) -> Records:
    present = {field: column for field, column in wanted.items() if any(column in r for r in kept)}
    return Records(lines, {field: [r.get(column) for r in kept] for field, column in present.items()})


def _parquet_file(path: Path) -> Any:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise ToolError("Parquet traces need pyarrow", hint="install pxctl with its extra: pxctl[parquet]") from None
    try:
        return parquet.ParquetFile(path)
    except arrow.ArrowInvalid as error:
        raise TraceError(f"not Parquet: {error}", span=Span(str(path))) from None


def _parquet(path: Path, wanted: dict[str, str], required: tuple[str, ...]) -> Iterator[Records]:
    with _parquet_file(path) as file:
        header = list(file.schema_arrow.names)
        for field in required:
            if wanted[field] not in header:
                raise _missing(Span(str(path), 1), field, wanted[field], header)
        fields = {field: column for field, column in wanted.items() if column in header}
        row = 0
        for batch in file.iter_batches(batch_size=CHUNK, columns=sorted(set(fields.values()))):
            values = {field: batch.column(column).to_pylist() for field, column in fields.items()}
            yield Records(list(range(row + 1, row + 1 + batch.num_rows)), values)
            row += batch.num_rows
