"""From bytes to text: UTF-8 without surprises."""

from __future__ import annotations

import re

from pxctl.load.yaml_places import NOWHERE, Place, Problem

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BOMS = (
    (b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"),
)  # fmt: skip
_SAVE = "save it as UTF-8"


def place_of(text: str, offset: int, length: int = 1) -> Place:
    """The place of some characters, by offset into the text."""
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    return Place(line, column, line, column + length, offset, offset + length)


def decode(data: bytes) -> tuple[str, Problem | None]:
    """The text of a file, and what is wrong with its encoding; the text is readable in either case."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode("utf-8", "replace"), Problem("PX0007", f"the file is {name}, not UTF-8", NOWHERE, _SAVE)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", "replace")
        before = data[: error.start].decode("utf-8", "replace")
        place = place_of(before, len(before))
        if data[1:2] == b"\0" or data[:1] == b"\0":
            return text, Problem("PX0007", "the file is UTF-16, not UTF-8", NOWHERE, _SAVE)
        return text, Problem("PX0007", f"byte 0x{data[error.start]:02x} is not UTF-8", place, _SAVE)
    if text.isascii() and text.isprintable():
        return text, None
    if "\0" in text[:2]:
        return text, Problem("PX0007", "the file is UTF-16, not UTF-8", NOWHERE, _SAVE)
    if text.startswith("\ufeff"):
        return text, Problem("PX0007", "the file starts with a byte order mark", NOWHERE, "save it without one")
    if (bad := _CONTROL.search(text)) is not None:
        name = "a NUL character" if bad.group() == "\0" else f"the control character U+{ord(bad.group()):04X}"
        return text, Problem("PX0007", f"{name} stands here", place_of(text, bad.start()), "remove it")
    if not text.isascii() and (bad := _BIDI.search(text)) is not None:
        message = f"U+{ord(bad.group()):04X} stands here; it shows text in another order than it is read"
        return text, Problem("PX0007", message, place_of(text, bad.start()), "remove it")
    return text, None
