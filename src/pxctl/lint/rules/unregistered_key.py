"""A credential reference or setting names a configuration key or environment variable that config_keys.yaml does not
register.

Why: operators provide what is registered; what is not is missing on the first day.

Example:
    credential_ref: env://OPENAI_KEY     # and config_keys.yaml has no OPENAI_KEY

Fix: register it in config_keys.yaml, or use the name that is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.keys import key_names, references, registered
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0115"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if not view.config.config_keys or "config_keys" in view.broken_kinds:
        return
    known = registered(view)
    for reference in references(view):
        names = key_names(reference)
        if names and not names & known.get(reference.scheme, frozenset()):
            shown = min(names, key=len)
            hint = meant(shown, known.get(reference.scheme, frozenset()), "registered")
            message = f"`{shown}` ({reference.scheme}) is not registered in config_keys.yaml"
            yield Hit(message, reference.path, hint or "add it to config_keys.yaml", document=reference.document)
