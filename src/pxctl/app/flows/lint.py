"""Lint a repository: load, rules, report. Writes nothing but the cache."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pxctl.core.errors import UsageError
from pxctl.load.kinds import kind_of, misplaced
from pxctl.load.tree import CommitTree, DictTree, Tree, WorkTree
from pxctl.model.finding import LintReport


@dataclass(frozen=True)
class Linted:
    """A report, and the texts of the files that it speaks of."""

    report: LintReport
    texts: Mapping[str, str]


def lint_tree(tree: Tree, require_project: bool = True) -> LintReport:
    """Lint one tree. Raises UsageError where it holds no file to look at: checking nothing is never success."""
    return lint_loaded(tree, require_project).report


def lint_loaded(tree: Tree, require_project: bool = True) -> Linted:
    """Lint one tree, and keep its texts."""
    from pxctl.lint.run import lint
    from pxctl.load.loader import load

    with _no_collector():
        loaded = load(tree, require_project=require_project)
        if not loaded.documents and all(finding.code == "PX0019" for finding in loaded.findings):
            hint = "run `pxctl init`, or name the repository with --repo DIR"
            raise UsageError("no file matched: there is no configuration here", hint=hint)
        report = lint(loaded)
    return Linted(report, {file: document.text for file, document in loaded.documents.items()})


def lint_repository(root: Path, rev: str | None = None) -> LintReport:
    """Lint a work tree, or a commit of its repository."""
    return lint_tree(CommitTree(root, rev) if rev else WorkTree(root))


def lint_whole(root: Path) -> Linted:
    """Lint a work tree, reading everything anew."""
    return lint_loaded(WorkTree(root))


def lint_cached(root: Path) -> Linted:
    """Lint a work tree; what did not change since the last run is not judged again."""
    from pxctl.app.flows.lint_cache import remembered

    return remembered(root, lambda: lint_whole(root))


def lint_changed(root: Path, since: str) -> Linted:
    """Lint the work tree, and keep what is said of files that changed since a commit or that depend on them."""
    from pxctl.app.flows.changed import affected
    from pxctl.load.loader import load

    tree = WorkTree(root)
    linted = lint_loaded(tree)
    return only(linted, affected(root, since, load(tree)))


def only(linted: Linted, files: Sequence[str] | frozenset[str]) -> Linted:
    """The part of a report that speaks of some files."""
    wanted = frozenset(files)
    kept = tuple(finding for finding in linted.report.findings if finding.span.file in wanted)
    codes = {finding.code for finding in kept}
    infos = {code: info for code, info in linted.report.rule_infos.items() if code in codes}
    looked = len(wanted & linted.texts.keys())
    return Linted(
        linted.report.model_copy(update={"findings": kept, "files": looked, "rule_infos": infos}), linted.texts
    )


def lint_paths(root: Path, paths: Sequence[Path]) -> Linted:
    """Lint the whole repository, and keep what is said of some files or folders. Raises UsageError for none."""
    linted = lint_loaded(WorkTree(root))
    known = {*linted.texts, *(finding.span.file for finding in linted.report.findings)}
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
