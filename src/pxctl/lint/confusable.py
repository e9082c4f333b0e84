"""Characters that people take for others. The pairs are those that occur in identifiers, not Unicode's whole table."""

from __future__ import annotations

import unicodedata

_FOLD = str.maketrans(
    {
        "0": "o", "1": "l", "i": "l", "|": "l", "5": "s", "_": "-", ".": "-",
        "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "l", "ѕ": "s", "ј": "j", "ԁ": "d",
        "һ": "h", "ո": "n", "ԛ": "q", "ѡ": "w", "к": "k", "м": "m", "т": "t", "в": "b", "н": "h", "г": "r",
        "α": "a", "ο": "o", "ρ": "p", "ν": "v", "υ": "u", "τ": "t", "ι": "l", "κ": "k", "χ": "x", "γ": "y",
    }
)  # fmt: skip
_INVISIBLE = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u2060\u2061\u2062\u2063\u2064\ufeff\u3164\uffa0"
)


def skeleton(text: str) -> str:
    """What an identifier looks like: two with the same skeleton are easily confused."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))
    return plain.translate(_FOLD).replace("rn", "m").replace("vv", "w")


def invisible(text: str) -> str | None:
    """The first character that nobody sees, or None."""
    return next((c for c in text if c in _INVISIBLE), None)


def mixed_scripts(text: str) -> bool:
    """Whether one word of the text holds Latin letters and Cyrillic or Greek ones."""
    for word in text.replace("/", " ").replace("-", " ").replace("_", " ").split():
        scripts = {unicodedata.name(c, "").split(" ")[0] for c in word if c.isalpha()}
        if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}:
            return True
    return False
