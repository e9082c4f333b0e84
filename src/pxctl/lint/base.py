"""What a lint rule is.

A rule is a module `lint/rules/<name>.py` (or one that an entry point of the group `pxctl.lint_rules` names). It has

- a docstring: the first paragraph says what is wrong, then `Why:`, `Example:` (indented) and `Fix:`. It is what
  `pxctl explain` prints and what docs/rules.md contains;
- `CODE`, such as `PX0101`, which is never used twice and never changes its meaning;
- `FAMILY`, one of `FAMILIES`;
- `SEVERITY`, which pxctl.yaml can change;
- `SCOPE`, which says what `check` is called with:

  | scope | called | with |
  |---|---|---|
  | `provider` | once a provider | `check(provider, view)` |
  | `policy` | once a policy | `check(policy, view)` |
  | `document` | once a file that could be read as text | `check(document, view)` |
  | `tree` | once | `check(view)` |
  | `reader` | never: the loader or the engine itself finds it | |

- `check`, which yields a `Hit` for every fault, in any order. It is pure and total: it never raises for what files say,
  keeps no state between calls, and looks at nothing but its arguments. A hit's message never repeats a secret.

What a rule of scope `provider` or `document` finds depends on that object, on pxctl.yaml and on the catalogue alone:
its view holds nothing else, because what it finds is kept until one of them changes. A rule that looks at other files
has scope `tree` or `policy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pxctl.core.span import Span
from pxctl.model.document import Document, Path
from pxctl.model.finding import Severity

Scope = Literal["provider", "policy", "document", "tree", "reader"]

FAMILIES = {
    "structure": "Structure",
    "references": "References",
    "secrets": "Secrets",
    "endpoints": "Endpoints",
    "models": "Models and prices",
    "routes": "Routes",
    "governance": "Tenants, rollouts, flags, governance",
}
"""Families by name, in the order in which they are shown."""


class Change(NamedTuple):
    """A safe edit of one value: put `value` there (a scalar), or take the list item or the characters out."""

    op: Literal["set", "remove", "cut"]
    path: Path = ()
    value: Any = None
    start: int = 0
    end: int = 0


class Hit(NamedTuple):
    """One fault as a rule sees it: the sentence, and the path of the value in the object's document.

    `document` and `span` name another place than the object's own; `key` points at the key instead of the value.
    """

    message: str
    path: Path = ()
    hint: str | None = None
    key: bool = False
    document: Document | None = None
    span: Span | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as the registry hands it out."""

    code: str
    name: str
    family: str
    severity: Severity
    scope: Scope
    doc: str
    check: Callable[..., Iterator[Hit]] | None = None
    locked: bool = False
    """Whether its severity is fixed and it cannot be ignored: a file that cannot be read is never fine."""
    fixable: bool = False

    @property
    def summary(self) -> str:
        """The first sentence of its documentation."""
        return " ".join(self.doc.split("\n\n", 1)[0].split()).rstrip(".")
