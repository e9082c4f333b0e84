"""A release request lies under an environment that pxctl.yaml does not have, or releases a policy or provider that does
not exist.

Why: `apply` would refuse it after it was approved.

Example:
    # releases/producton/0042-default-12.yaml
    subject: policies/defualt

Fix: move the file to the environment's folder, or name an existing subject.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.lint.base import Hit
from pxctl.lint.view import View
from pxctl.lint.words import meant
from pxctl.model.document import Document
from pxctl.model.finding import Severity

CODE = "PX0119"
FAMILY = "references"
SEVERITY = Severity.ERROR
SCOPE = "tree"


def check(view: View) -> Iterator[Hit]:
    """Yield a hit for every fault."""
    environments = view.config.project.environments
    for document in view.documents("request"):
        name = document.file.split("/")[1]
        if view.project_document is not None and name not in environments:
            yield Hit(f"there is no environment `{name}`", (), meant(name, environments.keys()), document=document)
    for file, request in view.config.requests.items():
        if request.op == "publish":
            home = view.document("request", file)
            yield from _subject(view, request.subject, home)


def _subject(view: View, subject: str, document: Document | None) -> Iterator[Hit]:
    kind, _, name = subject.partition("/")
    known = {"policies": view.config.policies, "providers": view.config.providers}.get(kind)
    if known is None or {"policies": "policy", "providers": "provider"}[kind] in view.broken_kinds:
        return
    if name not in known:
        hint = meant(name, known.keys())
        yield Hit(f"there is no {kind[:-1].replace('ie', 'y')} `{name}`", ("subject",), hint, document=document)
