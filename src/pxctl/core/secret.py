"""An opaque secret, and the redaction of text that might hold one.

The type is the first line of defence: a `Secret` has no useful repr and does not format, compare, copy, pickle or
serialise. Redaction is the second: every Secret that a process ever made is remembered, and `redact` removes its value,
its base64 and URL-encoded forms, and every prefix of at least eight characters from a text.
"""

from __future__ import annotations

import base64
import logging
import re
import threading
import traceback
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

HIDDEN = "[redacted]"
SHORTEST_PREFIX = 8
"""Characters of a known secret that are enough to be removed from a text."""

_KEEP = 4096
_known: dict[str, tuple[str, ...]] = {}
_lock = threading.Lock()

_SHAPES = re.compile(
    r"(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}"  # authorization headers
    # vendors' and forges' keys
    r"|\b(?:sk|pk|rk|gsk|xai|key|hvs|hvb|ghp|gho|ghs|glpat|s)[-_.](?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}"
    r"|\bAIza[A-Za-z0-9_-]{20,}"  # Google
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{12,}"  # AWS key ids
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # JSON web tokens
    r"|[A-Za-z0-9_-]*\*{3,}[A-Za-z0-9_-]*"  # what a vendor half masked
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user and password in a URL
)


class Secret:
    """A value that must not be seen. `reveal()` is called in adapters and secret backends alone."""

    __slots__ = ("__value", "__weakref__")
    __hash__ = None  # type: ignore[assignment]  # comparing by hash is comparing

    def __init__(self, value: str) -> None:
        if not isinstance(value, str) or not value:
            raise ValueError("a secret is a text that is not empty")
        self.__value = value
        remember(value)

    def reveal(self) -> str:
        """The value itself. Call it where the value leaves for its store or its vendor, and keep it in no variable."""
        return self.__value

    def __repr__(self) -> str:
        return "<secret>"

    def __refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a secret does not format, compare, copy, pickle or serialise")

    __str__ = __format__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __refuse
    __copy__ = __deepcopy__ = __reduce__ = __reduce_ex__ = __getstate__ = __refuse
    __iter__ = __len__ = __getitem__ = __contains__ = __add__ = __radd__ = __bytes__ = __mod__ = __refuse

    def __bool__(self) -> bool:
        return True


def remember(value: str) -> None:
    """Make `redact` remove this value from now on (short values are too common to be removed)."""
    if len(value) < SHORTEST_PREFIX or value in _known:
        return
    raw = value.encode("utf-8", "surrogatepass")
    forms = {value, quote(value, safe="", errors="replace"), quote_plus(value, errors="replace")}
    for shift in range(3):  # base64 of a longer text that holds the value, at each alignment
        encoded = base64.b64encode(b"\0" * shift + raw).decode()[(0, 2, 3)[shift] :].rstrip("=")
        forms |= {encoded, encoded.translate(str.maketrans("+/", "-_"))}
    forms.add(raw.hex())
    with _lock:
        if not _known:
            _guard_logs()
        if len(_known) >= _KEEP:
            _known.pop(next(iter(_known)))
        _known[value] = tuple(sorted((f for f in forms if len(f) >= SHORTEST_PREFIX), key=len, reverse=True))


def _guard_logs() -> None:
    """From the first secret on, no log record of any library leaves unredacted.

    Libraries log what servers answer, and a server may echo what it was sent.
    """
    make = logging.getLogRecordFactory()

    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        try:
            text = record.getMessage()
        except Exception:  # a record that cannot be formatted is logging's own business
            return record
        clean = redact(text)
        if clean != text:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info))).rstrip()
        return record

    logging.setLogRecordFactory(factory)


def redact(text: str) -> str:
    """The text without any known secret (raw, encoded, or a prefix of it) and without what looks like a credential."""
    with _lock:
        forms = [form for group in _known.values() for form in group]
    for form in forms:
        text = _without(text, form)
    return _SHAPES.sub(HIDDEN, text)


def _without(text: str, form: str) -> str:
    head = form[:SHORTEST_PREFIX]
    at = text.find(head)
    while at >= 0:
        end = at + SHORTEST_PREFIX
        while end < len(text) and end - at < len(form) and text[end] == form[end - at]:
            end += 1
        text = text[:at] + HIDDEN + text[end:]
        at = text.find(head, at + len(HIDDEN))
    return text


def brief(text: str, limit: int = 200) -> str:
    """One redacted line of at most `limit` characters, without control characters: for messages of other systems."""
    line = " ".join("".join(c if c.isprintable() else " " for c in redact(text[: 50 * limit])).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
