"""A credential reference is not of the form `scheme://name#key`.

Why: it cannot be resolved; it may even be the secret itself.

Example:
    credential_ref: secret/llm/openai

Fix: write `vault://mount/path#key`, `aws-secrets://name#key`, `env://NAME` or `file:///path`. If it is a secret,
revoke it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.keys import reference_texts, split
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0209"
FAMILY = "secrets"
SEVERITY = Severity.ERROR
SCOPE = "tree"


FORMS = {
    "env": re.compile(r"[A-Za-z_][A-Za-z0-9_{}]*"),
    "vault": re.compile(r"[^/\s]+(/[^/\s]+)+"),
    "aws-secrets": re.compile(r"[A-Za-z0-9/_+=.@{}:-]+"),
    "file": re.compile(r"/[^\s]+"),
}
PLACEHOLDERS = frozenset({"environment", "tenant"})


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for document, path, text in reference_texts(view):
        parts = split(text)
        if parts is None:
            yield Hit("this is no reference to a secret", path, "write scheme://name#key", document=document)
            continue
        scheme, name, _key = parts
        form = FORMS.get(scheme)
        if form is not None and not form.fullmatch(name):
            example = {"env": "env://NAME", "vault": "vault://mount/path#key", "file": "file:///path"}.get(
                scheme, "scheme://name#key"
            )
            yield Hit(f"this {scheme} reference is malformed", path, f"write {example}", document=document)
        for word in re.findall(r"\{([^}]*)\}", text):
            if word not in PLACEHOLDERS:
                message = f"`{{{word}}}` is no placeholder"
                yield Hit(message, path, "there are {environment} and {tenant}", document=document)
