"""`# pxctl: ignore PX0123 reason` on the line of a finding, or alone on the line above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pxctl.lint.base import Change, Hit
from pxctl.model.document import Document
from pxctl.model.finding import Finding

_MARK = "pxctl: ignore"
_COMMENT = re.compile(r"#\s*pxctl:\s*ignore\b(?P<rest>.*)")
_CODE = re.compile(r"PX[0-9]{4}")


@dataclass(slots=True)
class Ignore:
    """One comment: which codes it takes out on which line, and which of them it did."""

    line: int
    codes: tuple[str, ...]
    reason: str
    start: int
    end: int
    own_line: bool
    used: set[str] = field(default_factory=set)

    @property
    def target(self) -> int:
        """The line whose findings it takes out."""
        return self.line + 1 if self.own_line else self.line


def ignores_of(document: Document) -> list[Ignore]:
    """Every ignore comment of a file; words inside quoted text do not count."""
    if "pxctl:" not in document.text or document.file.endswith(".json"):
        return []
    found: list[Ignore] = []
    at = 0
    for number, line in enumerate(document.text.split("\n"), start=1):
        match = _COMMENT.search(line)
        if match and _is_comment(line, match.start()):
            rest = match.group("rest")
            codes = tuple(dict.fromkeys(_CODE.findall(rest)))
            reason = _CODE.sub("", rest).strip(" ,:;-")
            own = not line[: match.start()].strip()
            found.append(Ignore(number, codes, reason, at + match.start(), at + len(line.rstrip("\r")), own))
        at += len(line) + 1
    return found


def _is_comment(line: str, at: int) -> bool:
    before = line[:at]
    if before and not before[-1].isspace():
        return False
    quote = ""
    for char in before:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
    return not quote


def takes_out(beside: list[Ignore], finding: Finding) -> bool:
    """Whether one of the comments for the finding's line names it and gives a reason; marks it as used."""
    for ignore in beside:
        if finding.code in ignore.codes:
            ignore.used.add(finding.code)
            if ignore.reason:
                return True
    return False


def faulty(document: Document, ignores: list[Ignore], known: frozenset[str]) -> Iterator[tuple[str, Hit]]:
    """What is wrong with the comments themselves: PX0090 where they say too little, PX0091 where they do nothing."""
    from pxctl.core.span import Span

    for ignore in ignores:
        line_start = document.text.rfind("\n", 0, ignore.start) + 1
        span = Span(document.file, ignore.line, ignore.start - line_start + 1, ignore.line, ignore.end - line_start + 1)
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
        if unused:
            only = len(unused) == len(ignore.codes)
            change = Change("cut", start=_with_space(document.text, ignore), end=ignore.end) if only else None
            yield (
                "PX0091",
                Hit(f"nothing to ignore here: {', '.join(unused)}", span=span, hint="remove it", change=change),
            )


def _with_space(text: str, ignore: Ignore) -> int:
    start = ignore.start
    while start and text[start - 1] in " \t":
        start -= 1
    return start
