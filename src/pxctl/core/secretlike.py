"""What credentials look like: vendor formats, and text that is too random to be a word.

Lint searches files with it, messages mask what they quote with it. Patterns are written from the vendors' public format
descriptions. A pattern names a format; what was found is never repeated.
"""

from __future__ import annotations

import math
import re

MASK = "‹secret›"

FORMATS: dict[str, str] = {
    "Anthropic key": r"sk-ant-[a-z]{2,10}[0-9]{2}-[A-Za-z0-9_-]{20,}",
    "OpenRouter key": r"sk-or-v1-[0-9a-f]{32,}",
    "OpenAI key": r"sk-(?:proj-|svcacct-|admin-)[A-Za-z0-9_-]{20,}|sk-[A-Za-z0-9]{20,}",
    "Google API key": r"AIza[0-9A-Za-z_-]{35}",
    "Google OAuth token": r"ya29\.[0-9A-Za-z_-]{20,}",
    "Google OAuth client secret": r"GOCSPX-[0-9A-Za-z_-]{20,}",
    "AWS access key id": r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}",
    "AWS Bedrock key": r"ABSK[A-Za-z0-9+/]{40,}={0,2}",
    "Azure storage key": r"AccountKey=[A-Za-z0-9+/]{60,}={0,2}",
    "Azure client secret": r"[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}",
    "GitHub token": r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}",
    "GitLab token": r"gl(?:pat|ptt|dt|rt|cbt|soat)-[A-Za-z0-9_-]{20,}",
    "Slack token": r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,}",
    "Slack webhook": r"hooks\.slack\.com/services/T[A-Za-z0-9]{6,}/B[A-Za-z0-9]{6,}/[A-Za-z0-9]{16,}",
    "Hugging Face token": r"hf_[A-Za-z0-9]{30,}",
    "Groq key": r"gsk_[A-Za-z0-9]{40,}",
    "xAI key": r"xai-[A-Za-z0-9]{60,}",
    "Perplexity key": r"pplx-[A-Za-z0-9]{40,}",
    "Replicate token": r"r8_[A-Za-z0-9]{30,}",
    "NVIDIA key": r"nvapi-[A-Za-z0-9_-]{40,}",
    "Fireworks key": r"fw_[A-Za-z0-9]{20,}",
    "Databricks token": r"dapi[0-9a-f]{32}",
    "Vault token": r"hv[sbr]\.[A-Za-z0-9_-]{24,}",
    "Stripe key": r"[sr]k_(?:live|test)_[A-Za-z0-9]{20,}",
    "npm token": r"npm_[A-Za-z0-9]{36}",
    "PyPI token": r"pypi-AgEI[A-Za-z0-9_-]{50,}",
    "JSON Web Token": r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----",
    "bearer token": r"[Bb]earer [A-Za-z0-9_.~+/-]{24,}={0,2}",
}
"""Regular expressions by the name of what they find."""

_SEARCH = re.compile(
    r"(?<![A-Za-z0-9])(?:" + "|".join(f"(?P<f{i}>{pattern})" for i, pattern in enumerate(FORMATS.values())) + ")"
)
_NAMES = tuple(FORMATS)
# The long word of every format above but key files and bearer tokens holds one of these.
HINTS = (
    "sk-", "AIza", "ya29.", "GOCSPX", "AKIA", "ASIA", "ABIA", "ACCA", "ABSK", "AccountKey", "7Q~", "8Q~", "ghp_",
    "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glsoat-",
    "xox", "xapp-", "hooks.slack", "hf_", "gsk_", "xai-", "pplx-", "r8_", "nvapi-", "fw_", "dapi", "hvs.", "hvb.",
    "hvr.", "sk_live_", "sk_test_", "rk_live_", "rk_test_", "npm_", "pypi-", "eyJ",
)  # fmt: skip
_PLACEHOLDER = re.compile(
    r"(?i)x{6,}|\*{4,}|\.{3}|<[^>]+>|\$\{|example|placeholder|changeme|change-me|redacted|your[-_]|dummy|fake"
)


def secret_format(text: str) -> str | None:
    """The name of the credential format that stands in `text`, or None."""
    found = find_secret(text)
    return found[0] if found else None


def find_secret(text: str, start: int = 0) -> tuple[str, int, int] | None:
    """The first credential at or after `start`: the format's name and the offsets of its start and end."""
    if not start and not may_hold_secret(text):
        return None
    while True:
        match = _SEARCH.search(text, start)
        if match is None:
            return None
        start = match.end()
        if not _PLACEHOLDER.search(match.group()):
            return (_NAMES[int((match.lastgroup or "f0")[1:])], match.start(), match.end())


def may_hold_secret(text: str) -> bool:
    """A cheap first look: a long word that holds the start of some format, or the head of a key file."""
    words = " ".join([word for word in text.split() if len(word) >= 20])
    return bool(words and any(hint in words for hint in HINTS)) or "-----BEGIN" in text or "earer " in text


def mask(text: str) -> str:
    """The text with every credential that it holds replaced."""
    at = 0
    while (found := find_secret(text, at)) is not None:
        _name, start, end = found
        text = text[:start] + MASK + text[end:]
        at = start + len(MASK)
    return _PARAMETER.sub(rf"\1{MASK}", _USERINFO.sub(rf"\1{MASK}@", text)) if "://" in text else text


def mask_line(text: str) -> str:
    """A line of a file with every credential, and every word random enough to be one, replaced."""
    return _WORD.sub(lambda word: MASK if looks_random(word.group()) else word.group(), mask(text))


_WORD = re.compile(r"[A-Za-z0-9+/_=.~-]{20,}")
_USERINFO = re.compile(r"(https?://)[^/@\s]+@")
_PARAMETER = re.compile(
    r"(?i)([?&;](?:api[-_]?key|key|(?:access[-_])?token|sig|signature|secret|password|subscription-key|code)=)"
    r"[^&\s\"'`{$<‹]{6,}"
)


_DIGIT = re.compile(r"[0-9]")
_KEY_TEXT = re.compile(r"[A-Za-z0-9+/_=.~-]+")


def entropy(text: str) -> float:
    """Shannon entropy of the text's characters, in bits a character."""
    if not text:
        return 0.0
    counts = [text.count(char) / len(text) for char in set(text)]
    return -sum(share * math.log2(share) for share in counts)


def looks_random(text: str) -> bool:
    """Whether one word is long, mixed and random enough to be a key rather than a name."""
    if len(text) < 20 or not _DIGIT.search(text) or not _KEY_TEXT.fullmatch(text) or _PLACEHOLDER.search(text):
        return False
    kinds = sum(bool(re.search(kind, text)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    if re.fullmatch(r"[0-9a-f]{32,}", text):
        return entropy(text) > 3.0
    return kinds == 3 and entropy(text) > 3.7 and max(len(word) for word in re.split(r"[^A-Za-z0-9]", text)) > 12


def printable(text: str) -> str:
    """The text with every character that a terminal would not show as itself replaced by a dot."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "·" for c in text)


def quoted(value: object, limit: int = 60) -> str:
    """A value as messages show it: in backticks, short, on one line, masked."""
    text = printable(" ".join(str(value).split())).replace("`", "'")
    masked = mask(text)
    if looks_random(masked):
        masked = MASK
    return f"`{masked if len(masked) <= limit else masked[: limit - 1] + '…'}`"
