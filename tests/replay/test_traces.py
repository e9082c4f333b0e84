"""Traces: the public ones as they are, and every way in which a file can be bad."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from pxctl.core.errors import TraceError, UsageError
from pxctl.replay.traces import guess_preset, read_trace

ROOT = Path(__file__).parents[2]
AZURE = ROOT / "examples/traces/AzureLLMInferenceTrace_code.csv.gz"
MOONCAKE = ROOT / "tests/data/traces/mooncake_head.jsonl.gz"
LITELLM = ROOT / "tests/data/traces/litellm_spend.jsonl"


def written(tmp_path: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def error_of(path: Path, **kwargs: object) -> TraceError:
    with pytest.raises(TraceError) as caught:
        list(read_trace(path, **kwargs))  # type: ignore[arg-type]
    return caught.value


def test_azure_as_published() -> None:
    blocks = list(read_trace(AZURE, preset="azure2023"))
    assert sum(map(len, blocks)) == 8819
    assert sum(int(b.input_tokens.sum()) for b in blocks) == 18_059_974
    assert sum(int(b.output_tokens.sum()) for b in blocks) == 245_896
    assert int(blocks[0].at[0]) == 0
    assert int(blocks[-1].at[-1]) == 3_435_948_056


def test_mooncake_milliseconds() -> None:
    (block,) = read_trace(MOONCAKE, preset="mooncake")
    assert len(block) == 40
    assert block.input_tokens.tolist()[:2] == [40160, 36640]
    assert block.output_tokens.tolist()[:2] == [6, 4]
    assert all(int(at) % 1000 == 0 for at in block.at)


def test_litellm_spend_logs() -> None:
    (block,) = read_trace(LITELLM, preset="litellm")
    assert block.given["modality"] == ["chat", "embedding", "chat", "chat"]
    assert block.given["tenant"] == ["team-a", "team-a", "team-b", ""]
    assert block.given["trace_id"][0] == "chatcmpl-1"
    assert block.at.tolist() == [0, 1_880_000, 59_880_000, 179_880_000]


@pytest.mark.parametrize(("path", "preset"), [(AZURE, "azure2023"), (MOONCAKE, "mooncake"), (LITELLM, "litellm")])
def test_presets_are_recognised(path: Path, preset: str) -> None:
    assert guess_preset(path) == preset


@pytest.mark.parametrize(
    "moments",
    [
        ["2026-01-01 00:00:00", "2026-01-01T00:00:01.5", "2026-01-01 00:00:02.1234567"],
        ["2026-01-01T00:00:00Z", "2026-01-01T01:00:01.5+01:00", "2026-01-01 00:00:02.123456"],
        ["20260101T000000.000", "2026-01-01T00:00:01.500000", "2026-01-01 00:00:02.123456"],
    ],
)
def test_moments_in_any_way_of_writing(tmp_path: Path, moments: list[str]) -> None:
    path = written(tmp_path, "input_tokens,timestamp\n" + "".join(f"1,{m}\n" for m in moments))
    (block,) = read_trace(path)
    assert block.at.tolist() == [0, 1_500_000, 2_123_456]


@pytest.mark.parametrize("word", ["now", "today", "NaT", "now                 ", "", "2026-01-01 25:00:00"])
def test_words_are_no_moments(tmp_path: Path, word: str) -> None:
    error = error_of(written(tmp_path, f"input_tokens,timestamp\n1,2026-01-01 00:00:00\n1,{word}\n"))
    assert "not a moment in time" in error.message
    assert error.span is not None
    assert error.span.line == 3


def test_line_ends_empty_lines_and_quoted_line_breaks(tmp_path: Path) -> None:
    text = '\ufeffinput_tokens,user\r\n1,"a\nb"\r\n\r\n2,c\r\n-3,d'
    error = error_of(written(tmp_path, text))
    assert error.span is not None
    assert error.span.line == 6
    (block,) = read_trace(written(tmp_path, text.replace("-3", "3")))
    assert block.input_tokens.tolist() == [1, 2, 3]


def test_a_line_without_end_is_no_trace(tmp_path: Path) -> None:
    error = error_of(written(tmp_path, "input_tokens\n1\n" + "9" * (17 << 20)))
    assert "characters or more" in error.message
    assert error.span is not None
    assert error.span.line == 3


def test_own_columns_and_parquet_agree(tmp_path: Path) -> None:
    import pyarrow as arrow
    from pyarrow import parquet

    csv = written(tmp_path, "when,p,c,who\n2026-01-01T00:00:00Z,10,2,acme\n2026-01-01T00:00:01Z,20,3,\n")
    table = arrow.table(
        {"when": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"], "p": [10, 20], "c": [2, 3], "who": ["acme", None]}
    )
    parquet.write_table(table, tmp_path / "t.parquet")
    columns = {"timestamp": "when", "input_tokens": "p", "output_tokens": "c", "tenant": "who"}
    (a,), (b,) = read_trace(csv, columns=columns), read_trace(tmp_path / "t.parquet", columns=columns)
    assert a.at.tolist() == b.at.tolist() == [0, 1_000_000]
    assert a.input_tokens.tolist() == b.input_tokens.tolist() == [10, 20]
    assert a.given == b.given == {"tenant": ["acme", ""]}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("input_tokens\n5\n-1\n", 3, "input_tokens is `-1`, not a whole number from 0 to 1,000,000,000"),
        ("input_tokens\nmany\n", 2, "`many`"),
        ("input_tokens\nnan\n", 2, "`nan`"),
        ("input_tokens\n1e400\n", 2, "`1e400`"),
        ("input_tokens\n2000000000\n", 2, "not a whole number"),
        ("input_tokens\n" + "9" * 5000 + "\n", 2, "not a whole number"),
        ("input_tokens,cached_input_tokens\n5,6\n", 2, "cached_input_tokens is above input_tokens"),
        ("input_tokens,timestamp\n5,yesterday\n", 2, "timestamp is `yesterday`, not a moment in time"),
        ("input_tokens,output_tokens\n5\n", 2, "1 values under 2 columns"),
        ("input_tokens\n5\n\"6\n", 3, "not CSV"),
        ("prompt,completion\n5,6\n", 1, "no column `input_tokens` for input_tokens; the trace has `prompt`"),
    ],
)  # fmt: skip
def test_bad_csv_names_the_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    error = error_of(written(tmp_path, text))
    assert says in error.message
    assert error.span is not None
    assert error.span.line == line


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('{"input_tokens": 5}\n{"input_tokens": 1.5}\n', 2, "`1.5`"),
        ('{"input_tokens": true}\n', 1, "`True`"),
        ('{"input_tokens": null}\n', 1, "not a whole number"),
        ('{"input_tokens": 5}\n[5]\n', 2, "must hold a JSON object"),
        ('{"input_tokens": 5\n', 1, "not JSON"),
        ('{"output_tokens": 5}\n', 1, "no column `input_tokens`"),
        ("[" * 100_000 + "\n", 1, "not JSON"),
        ('{"input_tokens": ' + "9" * 5000 + "}\n", 1, "not JSON"),
    ],
)
def test_bad_json_lines_name_the_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    error = error_of(written(tmp_path, text, "t.jsonl"))
    assert says in error.message
    assert error.span is not None
    assert error.span.line == line


def test_empty_damaged_binary_and_missing(tmp_path: Path) -> None:
    assert "empty" in error_of(written(tmp_path, "")).message
    assert "no rows" in error_of(written(tmp_path, "input_tokens\n")).message
    assert "empty" in error_of(written(tmp_path, "\n\n", "e.jsonl")).message
    whole = gzip.compress(b"input_tokens\n" + b"5\n" * 5000)
    assert "damaged" in error_of(written(tmp_path, whole[:-20], "cut.csv.gz")).message
    assert "damaged" in error_of(written(tmp_path, b"not gzip at all", "no.csv.gz")).message
    assert "UTF-8" in error_of(written(tmp_path, b"input_tokens\n\xff\n", "bin.csv")).message
    assert "not Parquet" in error_of(written(tmp_path, b"PAR0", "no.parquet")).message
    with pytest.raises(UsageError, match="no trace"):
        list(read_trace(tmp_path / "absent.csv"))
    with pytest.raises(UsageError, match="directory"):
        list(read_trace(tmp_path))
    with pytest.raises(UsageError, match="preset"):
        list(read_trace(AZURE, preset="azure1999"))
    with pytest.raises(UsageError, match="not a field"):
        list(read_trace(AZURE, columns={"tokens": "x"}))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv.gz"
        path.write_bytes(gzip.compress(b"input_tokens,output_tokens,user\n" + b"1500,20,%b\n" % (b"u" * 90) * rows, 1))
        tracemalloc.start()
        assert sum(len(block) for block in read_trace(path)) == rows
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(200_000) < 1.2 * peak(60_000)


def test_a_wanted_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "twice.csv"
    file.write_text("input_tokens,note,note,input_tokens\n1,a,b,2\n", encoding="utf-8")
    with pytest.raises(TraceError, match=r"twice.csv:1: the column `input_tokens` for input_tokens stands there twice"):
        list(read_trace(file, preset="plain"))
