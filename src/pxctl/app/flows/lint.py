"""Lint a repository: load, rules, report. Writes nothing but the cache and fixes that were asked for."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pxctl.core.errors import UsageError
from pxctl.lint.run import lint
from pxctl.load.loader import load
from pxctl.load.tree import CommitTree, Tree, WorkTree
from pxctl.model.finding import LintReport


def lint_tree(tree: Tree) -> LintReport:
    """Lint one tree. Raises UsageError where it holds no file to look at: checking nothing is never success."""
    with _no_collector():
        return _lint_tree(tree)


def _lint_tree(tree: Tree) -> LintReport:
    loaded = load(tree)
    if not loaded.documents and all(finding.code == "PX0019" for finding in loaded.findings):
        raise UsageError("no file matched: there is no configuration here", hint="run `pxctl init`, or use --repo DIR")
    return lint(loaded)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Ten thousand small values without a cycle: the collector would only walk them over and over."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def lint_repository(root: Path, rev: str | None = None) -> LintReport:
    """Lint a work tree, or a commit of its repository."""
    return lint_tree(CommitTree(root, rev) if rev else WorkTree(root))
