"""A credential reference has a scheme that no built-in secret backend serves.

Why: it cannot be resolved where the plugin is not installed.

Example:
    credential_ref: valut://secret/llm/openai#api_key

Fix: use vault, aws-secrets, env or file; for a plugin's scheme, switch this rule to info in pxctl.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.keys import SCHEMES, references
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.finding import Severity

CODE = "PX0210"
FAMILY = "secrets"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    for reference in references(view):
        if reference.scheme not in SCHEMES and reference.scheme not in view.config.project.secret_stores:
            hint = meant(reference.scheme, SCHEMES, "schemes")
            message = f"no secret backend serves `{reference.scheme}://`"
            yield Hit(message, reference.path, hint, document=reference.document)
