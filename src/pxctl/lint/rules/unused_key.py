"""A key is registered in config_keys.yaml and nothing names it.

Why: somebody keeps a secret alive that nobody reads.

Example:
    keys:
      - {name: OLD_OPENAI_KEY, kind: env}

Fix: remove it, or name it where it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.keys import SCHEMES, key_names, references
from pxctl.lint.view import View
from pxctl.model.finding import Severity

CODE = "PX0116"
FAMILY = "references"
SEVERITY = Severity.INFO
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    if view.broken_kinds:
        return
    used = {(reference.scheme, name) for reference in references(view) for name in key_names(reference)}
    for key in view.config.config_keys:
        if key.kind in SCHEMES and (key.kind, key.name) not in used:
            at = (*view.path_of("config_key", key.name), "name")
            yield Hit(
                f"nothing names the key `{key.name}`", at, "remove it", document=view.document("config_key", key.name)
            )
