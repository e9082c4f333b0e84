"""Lint a repository: load, rules, report. Writes nothing but the cache."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pxctl.core.errors import UsageError
from pxctl.load.kinds import kind_of, misplaced
from pxctl.load.tree import CommitTree, DictTree, Tree, WorkTree
from pxctl.model.finding import LintReport

if TYPE_CHECKING:
    from pxctl.model.reading import Readings


@dataclass(frozen=True)
class Linted:
    """A report, the texts of the files that it can mend at least, and the names of all files that were looked at."""

    report: LintReport
    texts: Mapping[str, str]
    files: frozenset[str] = frozenset()


Whole = Callable[[Path], Linted]
"""A way to lint a whole work tree: `lint_cached` or `lint_whole`."""


def lint_tree(tree: Tree, require_project: bool = True) -> LintReport:
    """Lint one tree. Raises UsageError where it holds no file to look at: checking nothing is never success."""
    return lint_loaded(tree, require_project).report


def lint_loaded(tree: Tree, require_project: bool = True, readings: Readings | None = None) -> Linted:
    """Lint one tree, and keep its texts; what `readings` hold of a file is not found out again."""
    from pxctl.lint.run import lint
    from pxctl.load.loader import load

    with _no_collector():
        loaded = load(tree, require_project=require_project, readings=readings)
        if not loaded.documents and all(finding.code == "PX0019" for finding in loaded.findings):
            hint = "run `pxctl init`, or name the repository with --repo DIR"
            raise UsageError("no file matched: there is no configuration here", hint=hint)
        report = lint(loaded, readings=readings)
    texts = {file: document.text for file, document in loaded.documents.items()}
    return Linted(report, texts, frozenset(texts))


def lint_repository(root: Path, rev: str | None = None) -> LintReport:
    """Lint a work tree, or a commit of its repository."""
    return lint_tree(CommitTree(root, rev) if rev else WorkTree(root))


def lint_whole(root: Path) -> Linted:
    """Lint a work tree, reading everything anew."""
    return lint_loaded(WorkTree(root))


def lint_cached(root: Path) -> Linted:
    """Lint a work tree; what did not change since the last run is not judged again."""
    from pxctl.app.flows.lint_cache import remembered

    return remembered(root, lambda: lint_again(root))


def lint_again(root: Path) -> Linted:
    """Lint a work tree; files that are as an earlier run saw them are not read for their meaning again."""
    from pxctl.app.flows.lint_readings import KeptReadings

    tree = WorkTree(root)
    with _no_collector():
        readings = KeptReadings(tree)
        linted = lint_loaded(tree, readings=readings)
        readings.save()
    return linted


def lint_changed(root: Path, since: str, whole: Whole = lint_cached) -> Linted:
    """Lint the work tree, and keep what is said of files that changed since a commit or that depend on them."""
    from pxctl.app.flows.changed import affected
    from pxctl.app.flows.lint_readings import KeptReadings
    from pxctl.load.loader import load

    linted, tree = whole(root), WorkTree(root)
    readings = KeptReadings(tree)
    loaded = load(tree, readings=readings)
    return only(linted, affected(root, since, loaded, linted.report.findings, readings))


def only(linted: Linted, files: Sequence[str] | frozenset[str]) -> Linted:
    """The part of a report that speaks of some files."""
    wanted = frozenset(files)
    kept = tuple(finding for finding in linted.report.findings if finding.span.file in wanted)
    codes = {finding.code for finding in kept}
    infos = {code: info for code, info in linted.report.rule_infos.items() if code in codes}
    files = wanted & linted.files
    update = {"findings": kept, "files": len(files), "rule_infos": infos}
    return Linted(linted.report.model_copy(update=update), linted.texts, files)


def lint_paths(root: Path, paths: Sequence[Path], whole: Whole = lint_cached) -> Linted:
    """Lint the whole repository, and keep what is said of some files or folders. Raises UsageError for none."""
    linted = whole(root)
    known = {*linted.files, *(finding.span.file for finding in linted.report.findings)}
    chosen: set[str] = set()
    for path in paths:
        name = _inside(root, path)
        found = {file for file in known if name == "." or file == name or file.startswith(f"{name}/")}
        if not found:
            raise UsageError(f"no file matched `{path}`", hint="name files or folders of the configuration")
        chosen |= found
    return only(linted, frozenset(chosen))


def _inside(root: Path, path: Path) -> str:
    full = path.absolute()
    full = full.parent.resolve() / full.name
    try:
        return full.relative_to(root.resolve()).as_posix()
    except ValueError:
        raise UsageError(f"`{path}` is outside the repository `{root}`") from None


def lint_loose(paths: Sequence[Path]) -> Linted:
    """Lint files that are in no repository, each by the folder it lies in: `providers/a.yaml` is a provider."""
    files: dict[str, bytes] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"`{path}` does not exist")
        full = path.resolve()
        name = next((tail for n in (3, 2, 1) if kind_of(tail := "/".join(full.parts[-n:])) or misplaced(tail)), None)
        if not path.is_file() or name is None:
            raise UsageError(f"no file matched `{path}`", hint="files are known by their folder: providers/NAME.yaml")
        root = Path(*full.parts[: len(full.parts) - name.count("/") - 1])
        files[name] = WorkTree(root).read(name)
    return lint_loaded(DictTree(files), require_project=False)


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
