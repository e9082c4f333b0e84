"""Which files a change concerns: those that changed, and those that refer to what they define."""

from __future__ import annotations

from pathlib import Path

from pxctl.lint.refs import deployment_references, provider_names, tenant_names
from pxctl.lint.view import View
from pxctl.load.git import resolve_commit, run_git
from pxctl.model.configuration import Loaded


def changed_files(root: Path, since: str) -> frozenset[str]:
    """Paths, relative to `root`, that differ from a commit: committed since, staged, edited, deleted or new."""
    commit = resolve_commit(root, since)
    base = run_git(["merge-base", commit, "HEAD"], root).decode().strip() if _has_head(root) else commit
    out = run_git(["diff", "--name-only", "-z", "--no-renames", "--relative", base], root)
    out += run_git(["ls-files", "--others", "--exclude-standard", "-z"], root)
    return frozenset(name.decode("utf-8", "surrogateescape") for name in out.split(b"\0") if name)


def _has_head(root: Path) -> bool:
    from pxctl.core.errors import GitError

    try:
        resolve_commit(root, "HEAD")
    except GitError:
        return False
    return True


def affected(root: Path, since: str, loaded: Loaded) -> frozenset[str]:
    """What changed and what depends on it. A changed pxctl.yaml or config_keys.yaml, or a deletion, concerns all."""
    changed = changed_files(root, since)
    everything = frozenset(loaded.documents) | {finding.span.file for finding in loaded.findings}
    shared = ("pxctl.yaml", "pxctl.json", "config_keys.yaml", "config_keys.json")
    if any(name in changed for name in shared) or any(_gone(root, name) for name in changed):
        return everything if changed else frozenset()
    return (changed & everything) | dependants(loaded, changed)


def _gone(root: Path, name: str) -> bool:
    from pxctl.load.kinds import kind_of

    return kind_of(name) is not None and not (root / name).exists()


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
