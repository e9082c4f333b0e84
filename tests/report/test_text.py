from __future__ import annotations

import pytest

from pxctl.report.text import Table, columns, duration, listing, percent, plural


def test_columns_are_aligned_whatever_the_script_and_never_cut() -> None:
    table = Table(("name", "share"), [("日本", "1 %"), ("x" * 300, ("12 %", "green"))], right=frozenset({1}))
    lines = columns(table).splitlines()
    assert lines[0] == "name".ljust(300) + "  share"
    assert lines[1] == "日本" + " " * 296 + "    1 %"
    assert lines[2] == "x" * 300 + "   12 %"


def test_a_cell_stays_one_cell() -> None:
    assert columns(Table(("a",), [("one\ntwo\x1b[31m",)])).splitlines()[1] == "one two\ufffd[31m"


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 0, "-"), (1, 3, "33.3 %"), (1, 100_000, "<0.1 %"), (99_999, 100_000, ">99.9 %"), (5, 5, "100.0 %")],
)
def test_a_share_is_never_rounded_to_none_or_all(part: int, whole: int, shown: str) -> None:
    assert percent(part, whole) == shown


def test_words_for_counts_and_times() -> None:
    assert plural(1, "policy", "policies") == "1 policy"
    assert plural(1204, "policy", "policies") == "1,204 policies"
    assert listing("abcdefgh", 5) == "a, b, c, d, e and 3 more"
    assert [duration(s) for s in (0.34, 4.2, 200, 7500, 273600)] == [
        "340 ms",
        "4.2 s",
        "3 m 20 s",
        "2 h 5 m",
        "3 d 4 h",
    ]
