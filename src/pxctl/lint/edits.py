"""From a change that a rule proposes to characters in the text. What cannot be done safely is not proposed."""

from __future__ import annotations

import re
from typing import Any

from pxctl.core import lines
from pxctl.core.span import Span
from pxctl.lint.base import Change
from pxctl.model.document import Document
from pxctl.model.finding import Edit

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_./@-]*")


def offsets(text: str, span: Span) -> tuple[int, int]:
    """The offsets of a span's start and end."""
    start = lines.offset(text, span.line, span.column)
    return start, lines.offset(text, span.end_line, span.end_column) if span.end_line else start


def edits(document: Document, change: Change) -> tuple[Edit, ...]:
    """The edits that make a change; none where the text does not allow it."""
    if change.op == "cut":
        return (Edit(file=document.file, start=change.start, end=change.end, text=str(change.value or "")),)
    span = document.locate(change.path, False)
    if span is None or not span.end_line or document.file.endswith(".json"):
        return ()
    start, end = offsets(document.text, span)
    if document.text[start : start + 1] in ("&", "!"):  # others may stand for it
        return ()
    if change.op == "set":
        return (Edit(file=document.file, start=start, end=end, text=_scalar(change.value)),)
    return _remove(document, start, end)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and not _WORD.fullmatch(value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def _remove(document: Document, start: int, end: int) -> tuple[Edit, ...]:
    """Take one item out of a list in flow style, with its comma, or out of one in block style, with its line."""
    text = document.text
    line = text.rfind("\n", 0, start) + 1
    before, after = text[line:start], text[end : text.find("\n", end) + 1 or len(text)]
    follows = re.match(r"[ ]*,[ ]*", after)
    leads = re.search(r",[ ]*\Z", before)
    if follows and re.search(r"[\[,][ ]*\Z", before):
        return (Edit(file=document.file, start=start, end=end + follows.end(), text=""),)
    if leads and re.match(r"[ ]*\]", after):
        return (Edit(file=document.file, start=line + leads.start(), end=end, text=""),)
    if re.fullmatch(r"[ ]*-[ ]+", before) and re.fullmatch(r"[ ]*(?:\r?\n|\Z)", after):
        return (Edit(file=document.file, start=line, end=end + len(after), text=""),)
    return ()
