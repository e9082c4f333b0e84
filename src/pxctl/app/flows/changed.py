"""Which files a change concerns: those that changed, those that refer to what they define, and those of which
something is said now that was not said before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pxctl.core.errors import GitError
from pxctl.lint.refs import deployment_references, provider_names, tenant_names
from pxctl.lint.view import View
from pxctl.load.git import read_blobs, resolve_commit, run_git
from pxctl.load.kinds import kind_of
from pxctl.load.loader import load, printable_path
from pxctl.load.tree import DictTree, UnreadableError, WorkTree
from pxctl.model.configuration import Loaded
from pxctl.model.finding import Finding
from pxctl.model.reading import Readings

SHARED = frozenset({"pxctl.yaml", "pxctl.json", "config_keys.yaml", "config_keys.json"})


def base_of(root: Path, since: str) -> str:
    """The commit to compare with: where the work tree's history left that of `since`; `since` itself where the two have
    nothing in common, as in a shallow clone."""
    commit = resolve_commit(root, since)
    try:
        return run_git(["merge-base", commit, "HEAD"], root).decode().strip() if _has_head(root) else commit
    except GitError:
        return commit


def changed_files(root: Path, base: str) -> frozenset[str]:
    """Paths, relative to `root`, that differ from a commit: committed since, staged, edited, deleted or new."""
    out = run_git(["diff", "--name-only", "-z", "--no-renames", "--relative", base], root)
    out += run_git(["ls-files", "--others", "--exclude-standard", "-z"], root)
    return frozenset(name.decode("utf-8", "surrogateescape") for name in out.split(b"\0") if name)


def _has_head(root: Path) -> bool:
    try:
        resolve_commit(root, "HEAD")
    except GitError:
        return False
    return True


def affected(root: Path, since: str, loaded: Loaded, findings: Iterable[Finding], readings: Readings) -> frozenset[str]:
    """What changed and what depends on it, where `findings` are those of the work tree. A changed pxctl.yaml or
    config_keys.yaml, or a deletion, concerns all."""
    base = base_of(root, since)
    ours = set(WorkTree(root).paths())
    paths = {path for path in changed_files(root, base) if kind_of(path) or path in ours}
    if not paths:
        return frozenset()
    changed = frozenset(printable_path(path) for path in paths)
    everything = frozenset(loaded.documents) | {finding.span.file for finding in findings}
    if SHARED & paths or any(not (root / path).exists() for path in paths):
        return everything
    return (changed & everything) | dependants(loaded, changed) | _newly_said(root, base, paths, findings, readings)


def _newly_said(
    root: Path, base: str, changed: Iterable[str], findings: Iterable[Finding], readings: Readings
) -> frozenset[str]:
    """Files of which something is said now that was not before: a name that nobody defines any more, for one."""
    from pxctl.lint.run import lint

    before = lint(load(_tree_before(root, base, frozenset(changed)), readings=readings), readings=readings).findings
    new = Counter(map(_said, findings)) - Counter(map(_said, before))
    return frozenset(file for file, _code, _message in new)


def _said(finding: Finding) -> tuple[str, str, str]:
    return finding.span.file, finding.code, finding.message


def _tree_before(root: Path, base: str, changed: frozenset[str]) -> DictTree:
    """The work tree with the changed files as they were in a commit."""
    now = WorkTree(root)
    files: dict[str, str | bytes] = {}
    for path in now.paths():
        if path not in changed:
            try:
                files[path] = now.read(path)
            except UnreadableError:
                continue
    blobs: dict[str, str] = {}
    for line in run_git(["ls-tree", "-r", "-z", base], root).split(b"\0"):  # of this folder, relative to it
        meta, _, name = line.partition(b"\t")
        path = name.decode("utf-8", "surrogateescape")
        if path in changed and meta.startswith(b"100"):
            blobs[path] = meta.split()[2].decode()
    contents = read_blobs(root, set(blobs.values()))
    files.update((path, contents[blob]) for path, blob in blobs.items())
    return DictTree(files)


def dependants(loaded: Loaded, changed: frozenset[str]) -> frozenset[str]:
    """Files that name a provider, policy or tenant that a changed file defines."""
    view = View(loaded)
    home = {key: place[0] for key, place in loaded.origin.items()}
    found: set[str] = set()

    def depends(file: str | None, kind: str, name: str) -> None:
        if file is not None and home.get((kind, name)) in changed:
            found.add(file)

    for document, _path, text in deployment_references(view):
        ref = view.parse(text)
        if ref is not None and document is not None:
            depends(document.file, "provider", ref.provider)
    for document, _path, name in provider_names(view):
        depends(document.file if document else None, "provider", name)
    for document, _path, name in tenant_names(view):
        depends(document.file if document else None, "tenant", name)
    for id_, tenant in loaded.config.tenants.items():
        depends(home.get(("tenant", id_)), "policy", tenant.policy or "default")
    for guarantee in loaded.config.guarantees:
        for name in guarantee.policies or tuple(loaded.config.policies):
            depends(home.get(("guarantee", guarantee.name)), "policy", name)
    for file, request in loaded.config.requests.items():
        kind, _, name = request.subject.partition("/")
        depends(file, {"policies": "policy", "providers": "provider"}.get(kind, ""), name)
    return frozenset(found)
