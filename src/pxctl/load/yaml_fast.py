"""The fast tier: a guard that only lets texts through on which YAML loaders cannot differ, then a compiled loader.

The guard is a grammar, not a blacklist: every line must be one of the plain shapes below (block mappings and lists,
flow collections on one line, plain words, simple numbers, quoted text without escapes, comments). No anchors, aliases,
tags, directives, merge keys, block scalars, text over several lines, tabs, or numbers in unusual dress. Whatever it
does not know goes to the slow tier, which is the authority; so letting through less is slow, never wrong.
"""

from __future__ import annotations

import re
from typing import Any

from pxctl.load.bounds import MAX_DEPTH
from pxctl.load.nesting import depth

# A plain word: starts with a letter, holds no `: `, ` #`, flow sign or quote; not one of YAML 1.1's booleans.
_RESERVED = (
    r"(?!(?:[Nn]ull|NULL|[Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[YyNn])(?![^\s,\[\]{}:#]))"
)
_CHAR = r"[A-Za-z0-9_./@+=()%~^;$*&!?<>|-]"
_WORD = rf"{_RESERVED}[A-Za-z](?:{_CHAR}|:(?={_CHAR})|[ ](?={_CHAR}))*"
_PATHLIKE = rf"\.?/(?=[A-Za-z])(?:{_CHAR}|:(?={_CHAR}))*"
_NUMBER = r"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,12})?(?![^\s,\[\]{}#])"
_DURATION = r"[1-9][0-9]{0,9}(?:ms|[smhdw])(?![^\s,\[\]{}#])"
_CONST = r"(?:true|false|null)(?![^\s,\[\]{}#])"
_SINGLE = r"'[^'\n]*'(?!')"
_DOUBLE = r'"[^"\\\n]*"'
_QUOTED = rf"(?:{_SINGLE}|{_DOUBLE})"
_ATOM = rf"(?:{_QUOTED}|{_CONST}|{_NUMBER}|{_DURATION}|{_WORD}|{_PATHLIKE})"
_KEY = rf"(?:{_RESERVED}[A-Za-z_$][A-Za-z0-9_./$-]{{0,100}}|'[^'\n]{{1,100}}'(?!')|\"[^\"\\\n]{{1,100}}\")"
# A flow collection is a run of tokens, each held to what may follow it; whether the brackets pair up is the loader's.
_FLOW = (
    r"[\[{][ ]*(?!,)(?:"
    rf"(?<=[{{,\[ ]){_KEY}:[ ](?=[^ ,\]}}])"
    rf"|{_ATOM}(?=[ ]*[,\]}}])"
    r"|[ ]*,[ ]*(?=[^ ,\]}])"
    r"|[\[{][ ]*(?!,)"
    r"|[ ]*[\]}](?=[ ]*(?:[,\]}#\n]))"
    r")*(?<=[\]}])"
)
# Text in block context may hold commas, brackets, quotes and letters of any script after its first letter.
_TEXT_CHAR = r"(?:[A-Za-z0-9_./@+=()%~^;$*&!?<>|,\[\]{}'\"-]|[^\x00-\x7f])"
_TEXT = rf"{_RESERVED}[A-Za-z](?:{_TEXT_CHAR}|\#|:(?={_TEXT_CHAR})|[ ]+(?={_TEXT_CHAR}))*"
_VALUE = rf"(?:{_FLOW}|{_QUOTED}|{_CONST}|{_NUMBER}|{_DURATION}|{_TEXT}|{_PATHLIKE})"
_COMMENT = r"(?:[ ]+\#[^\n]*)?"
_LINE = (
    rf"[ ]{{0,120}}(?:\#[^\n]*|(?:-[ ]){{0,4}}{_KEY}:(?:[ ]+{_VALUE})?{_COMMENT}|(?:-[ ]){{1,4}}{_VALUE}{_COMMENT})?\n"
)
_GUARD = re.compile(rf"(?>{_LINE})++")
# No control characters but the line feed (the guard lets none of ASCII's through outside of quotes and comments),
# and only printable characters that no loader takes for a line break.
_SAFE = r"[\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"


class NotPlainError(Exception):
    """The slow tier must read this text."""


def load_plain(text: str) -> Any:
    """The value of a text on which loaders cannot differ. Raises NotPlainError for every other text."""
    import yaml_rs

    if not text.endswith("\n"):
        text += "\n"
    if not (text.isascii() or re.fullmatch(_SAFE, text)) or not _GUARD.fullmatch(text):
        raise NotPlainError
    try:
        value = yaml_rs.loads(text, parse_datetime=False)
    except ValueError:
        raise NotPlainError from None
    if (
        not isinstance(value, dict)
        or (_ODD_KEY.search(text) and not _text_keys(value))
        or (_may_be_deep(text) and depth(value) > MAX_DEPTH)
    ):
        raise NotPlainError
    return value


# What stands in a flow mapping without a colon is a key with no value: a collection, or a number as in `{a, 2, b: c}`.
_ODD_KEY = re.compile(r"[{,][ ]*(?:[\[{]|(?:true|false|null|-?[0-9])[0-9.]*[ ]*[,}])")


def _text_keys(value: Any) -> bool:
    here = [value]
    while here:
        node = here.pop()
        if isinstance(node, dict):
            if not all(isinstance(key, str) for key in node):
                return False
            here.extend(child for child in node.values() if isinstance(child, (dict, list)))
        else:
            here.extend(child for child in node if isinstance(child, (dict, list)))
    return True


def _may_be_deep(text: str) -> bool:
    """Whether a text can nest deeper than the bound: each level costs a column of indentation, or a pair of brackets
    on one line."""
    if "\n" + " " * 32 in text:
        return True
    if text.count("{") + text.count("[") < 24:
        return False
    return any(line.count("{") + line.count("[") >= 24 for line in text.split("\n") if len(line) >= 48)
