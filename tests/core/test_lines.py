"""Lines by number and offset, whatever ends them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxctl.core.lines import line, offset, position, starts


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_kind_of_line_end(end: str) -> None:
    text = f"ab{end}{end}c"
    assert [line(text, n) for n in range(5)] == [None, "ab", "", "c", None]
    assert text[offset(text, 3, 1) :] == "c"
    assert position(text, len(text) - 1) == (3, 1)


def test_what_no_line_ends_with_is_part_of_it() -> None:
    assert line("a\u2028b\x85c\x0cd", 1) == "a\u2028b\x85c\x0cd"


def test_a_place_behind_the_end_is_the_end() -> None:
    assert offset("ab", 1, 9) == offset("ab", 7, 1) == 2


@given(st.text(alphabet="ab\r\n", max_size=20))
def test_offset_and_position_are_inverse(text: str) -> None:
    for at in range(len(text) + 1):
        assert offset(text, *position(text, at)) == at
    assert len(starts(text)) == len([n for n in range(1, 30) if line(text, n) is not None])
