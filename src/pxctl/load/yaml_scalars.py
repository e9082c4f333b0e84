"""What a plain scalar means under YAML 1.2's core schema."""

from __future__ import annotations

import math
import re
from typing import Any

from pxctl.load.bounds import MAX_DIGITS

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


_FIRST = frozenset("~nNtTfF.+-0123456789")
"""What a plain scalar that is not text starts with, unless it is empty."""


class BadNumberError(ValueError):
    """A plain scalar that reads as a number and cannot be one here."""


def plain(text: str) -> Any:
    """The value of a plain scalar under YAML 1.2's core schema. Raises BadNumberError."""
    if text and text[0] not in _FIRST:
        return text
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text):
        return True
    if _FALSE.fullmatch(text):
        return False
    if _INT.fullmatch(text) or _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise BadNumberError(f"the number has {len(text):,} digits; at most {MAX_DIGITS} are read")
        return int(text, 8 if text[:2] == "0o" else 16 if text[:2] == "0x" else 10)
    if _FLOAT.fullmatch(text):
        if len(text) > 2 * MAX_DIGITS:
            raise BadNumberError(f"the number has {len(text):,} characters; at most {2 * MAX_DIGITS} are read")
        number = float(text)
        if not math.isfinite(number):
            raise BadNumberError(f"`{text}` is too large for a number")
        return number
    if _INFINITE.fullmatch(text):
        raise BadNumberError(f"`{text}` is not a number that JSON knows")
    return text
