"""`# pxctl: ignore PX0123 reason` on the line of a finding, or alone above that line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pxctl.core import lines
from pxctl.core.span import Span
from pxctl.lint.base import Change, Hit
from pxctl.model.document import Document, Path
from pxctl.model.finding import Finding

_COMMENT = re.compile(r"#\s*pxctl:\s*ignore\b(?P<rest>[^\r\n]*)")
_CODE = re.compile(r"PX[0-9]{4}")
_COMMENT_LINE = re.compile(r"[ \t]*#")


@dataclass(slots=True)
class Ignore:
    """One comment: which codes it takes out on which line, and which of them it did."""

    line: int
    column: int
    target: int
    """The line whose findings it takes out."""
    codes: tuple[str, ...]
    reason: str
    start: int
    end: int
    used: set[str] = field(default_factory=set)


def ignores_of(document: Document) -> list[Ignore]:
    """Every ignore comment of a file; the same words inside text do not count."""
    if "pxctl:" not in document.text or document.file.endswith(".json"):
        return []
    text = document.text
    found: list[Ignore] = []
    below = 0
    for match in _COMMENT.finditer(text):
        number, column = lines.position(text, match.start())
        before = (lines.line(text, number) or "")[: column - 1]
        if before and not before[-1].isspace():
            continue
        rest = match["rest"]
        codes = tuple(dict.fromkeys(_CODE.findall(rest)))
        reason = _CODE.sub("", rest).strip(" ,:;-")
        if not before.strip() and below <= number:  # comments that follow one another share what stands below
            below = _below(text, number)
        target = number if before.strip() else below
        found.append(
            Ignore(number, column, target, codes, reason, match.start(), match.start() + len(match[0].rstrip()))
        )
    inside = _texts(document) if found else []
    return [comment for comment in found if not any(_holds(span, comment) for span in inside)]


def _below(text: str, number: int) -> int:
    """The first line under a comment that is none itself."""
    number += 1
    while _COMMENT_LINE.match(lines.line(text, number) or ""):
        number += 1
    return number


def _texts(document: Document) -> list[Span]:
    """Where the values and keys stand that speak of us."""
    found: list[Span | None] = []
    here: list[tuple[Path, Any]] = [((), document.data)]
    while here:
        path, value = here.pop()
        if isinstance(value, dict):
            found += [document.locate((*path, key), True) for key in value if "pxctl:" in key]
            here.extend(((*path, key), item) for key, item in value.items())
        elif isinstance(value, list):
            here.extend(((*path, i), item) for i, item in enumerate(value))
        elif isinstance(value, str) and "pxctl:" in value:
            found.append(document.locate(path, False))
    return [span for span in found if span is not None]


def _holds(span: Span, comment: Ignore) -> bool:
    """Whether a comment stands inside a text."""
    return (span.line, span.column) <= (comment.line, comment.column) < (span.end_line, span.end_column)


def takes_out(comments: Sequence[Ignore], finding: Finding) -> bool:
    """Whether a comment with a reason stands on the finding's line; marks it as used."""
    for ignore in comments:
        if finding.code in ignore.codes and ignore.target == max(finding.span.line, 1):
            ignore.used.add(finding.code)
            if ignore.reason:
                return True
    return False


def faulty(
    document: Document, ignores: list[Ignore], known: frozenset[str], complete: bool = True
) -> Iterator[tuple[str, Hit]]:
    """What is wrong with the comments themselves: PX0090 where they say too little, PX0091 where they do nothing, as
    far as that is known: where files could not be read, findings are missing."""
    for ignore in ignores:
        end_column = ignore.column + ignore.end - ignore.start
        span = Span(document.file, ignore.line, ignore.column, ignore.line, end_column)
        hint = "write `# pxctl: ignore PX0123 why it is right here`"
        if not ignore.codes:
            yield "PX0090", Hit("this ignore comment names no rule", span=span, hint=hint)
            continue
        if not ignore.reason:
            yield "PX0090", Hit("this ignore comment gives no reason", span=span, hint=hint)
            continue
        for code in ignore.codes:
            if code not in known:
                yield "PX0090", Hit(f"`{code}` is no rule", span=span, hint="see docs/rules.md")
        unused = [code for code in ignore.codes if code not in ignore.used and code in known]
        if unused and complete:
            change = _removal(document.text, ignore) if len(unused) == len(ignore.codes) else None
            yield (
                "PX0091",
                Hit(f"nothing to ignore here: {', '.join(unused)}", span=span, hint="remove it", change=change),
            )


def _removal(text: str, ignore: Ignore) -> Change:
    """Cut a comment with the blanks before it, or its whole line where it has one."""
    start = ignore.start
    while start and text[start - 1] in " \t":
        start -= 1
    end = lines.offset(text, ignore.line + 1, 1) if ignore.target > ignore.line else ignore.end
    return Change("cut", start=start, end=end)
