"""Which secrets a run may have: grants, stores and reviewed pairs, all read from the base commit.

The base is what was reviewed, never the change under review: `--base`, else the target branch of the pull request that
CI runs for, else HEAD when it stands on the main branch, else the remote's main branch, else the local one, else HEAD.
Nothing of the change decides which commit that is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pxctl.core.errors import GitError, UsageError
from pxctl.load.git import resolve_commit, run_git
from pxctl.load.loader import load
from pxctl.load.tree import CommitTree
from pxctl.model.catalogue import Catalogue
from pxctl.model.project import Project
from pxctl.model.provider import Endpoint, Provider
from pxctl.probe.run import Credentials
from pxctl.secrets.base import PRESENT, SecretError, fill, parse_ref
from pxctl.secrets.grants import Grants, grants_of
from pxctl.secrets.resolver import Resolver

PROJECT_FILES = ("pxctl.yaml", "pxctl.json")
MAIN_BRANCHES = ("main", "master")


class _Part:
    """The files of a commit that say what may go where: pxctl.yaml, and the providers where they are asked for."""

    def __init__(self, tree: CommitTree, folders: tuple[str, ...]) -> None:
        self.source = tree.source
        self._tree = tree
        self._folders = folders

    def paths(self) -> list[str]:
        return [path for path in self._tree.paths() if path in PROJECT_FILES or path.startswith(self._folders)]

    def read(self, path: str) -> bytes:
        return self._tree.read(path)


@dataclass(frozen=True)
class Base:
    """The reviewed state: its commit (None where nothing is committed), and whether a fork asks.

    Its files are read when they are asked for.
    """

    root: Path
    commit: str | None
    forked: bool = False

    @cached_property
    def project(self) -> Project | None:
        """The project of the base commit; None where it has none that can be read."""
        if self.commit is None:
            return None
        loaded = load(_Part(CommitTree(self.root, self.commit), ("pxctl.",)), catalogue=Catalogue())
        broken = any(finding.span.file in PROJECT_FILES for finding in loaded.findings)
        return None if broken or not loaded.documents else loaded.config.project

    @cached_property
    def providers(self) -> tuple[Provider, ...]:
        """The providers of the base commit."""
        if self.commit is None:
            return ()
        loaded = load(_Part(CommitTree(self.root, self.commit), ("providers/",)), catalogue=Catalogue())
        return tuple(loaded.config.providers.values())

    def grants(self, values: Mapping[str, str]) -> Grants:
        """What may go where."""
        source = f"the base commit {self.commit[:12]}" if self.commit else "any commit (nothing is committed yet)"
        return grants_of(self.project, self.providers, values=values, forked=self.forked, source=source)

    def resolver(self, values: Mapping[str, str]) -> Resolver:
        """A resolver under the grants and with the stores of the base commit."""
        return Resolver(lambda: self.grants(values), self.project.secret_stores if self.project else {})


def read_base(root: Path, explicit: str | None = None, environ: Mapping[str, str] | None = None) -> Base:
    """The base of a run in `root`. Raises GitError where `explicit` is no commit."""
    environ = os.environ if environ is None else environ
    return Base(root, base_commit(root, explicit, environ), from_fork(environ))


def base_commit(root: Path, explicit: str | None, environ: Mapping[str, str]) -> str | None:
    """The commit that counts as reviewed; None in a repository without one."""
    if explicit is not None:
        return resolve_commit(root, explicit)
    target = environ.get("GITHUB_BASE_REF") or environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    if target:
        found = _commit(root, f"refs/remotes/origin/{target}")
        if found is None:
            raise GitError(
                f"the target branch `{target}` of this pull request is not here",
                hint=f"fetch it first: git fetch origin {target}",
            )
        return found
    on = _head_branch(root)
    if on in MAIN_BRANCHES:
        return _commit(root, "HEAD")
    names = ["refs/remotes/origin/HEAD"]
    names += [f"refs/remotes/origin/{name}" for name in MAIN_BRANCHES] + [
        f"refs/heads/{name}" for name in MAIN_BRANCHES
    ]
    return next((found for name in (*names, "HEAD") if (found := _commit(root, name)) is not None), None)


def _head_branch(root: Path) -> str:
    try:
        return run_git(["symbolic-ref", "--quiet", "--short", "HEAD"], root).decode().strip()
    except GitError:
        return ""


def _commit(root: Path, name: str) -> str | None:
    try:
        return resolve_commit(root, name)
    except GitError:
        return None


def from_fork(environ: Mapping[str, str]) -> bool:
    """Whether CI runs for a pull request from another repository. What cannot be told counts as a fork."""
    source, target = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), environ.get("CI_MERGE_REQUEST_PROJECT_ID")
    if source or target:
        return source != target
    if not environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        return False
    try:
        event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        head, base = event["pull_request"]["head"]["repo"], event["pull_request"]["base"]["repo"]
        return head is None or bool(head["full_name"] != base["full_name"])
    except (KeyError, TypeError, ValueError, OSError):
        return True


def choose_environment(project: Project, wanted: str | None) -> str | None:
    """The environment that fills `{environment}`: the named one, or the only one. Raises UsageError."""
    if wanted is not None and wanted not in project.environments:
        known = ", ".join(project.environments)
        raise UsageError(f"no environment is called `{wanted}`", hint=f"environments: {known}")
    return wanted or (next(iter(project.environments)) if len(project.environments) == 1 else None)


class Keys:
    """Resolves a provider's credentials for one of its endpoints, at call time."""

    def __init__(
        self,
        resolver: Resolver,
        values: Mapping[str, str],
        live: Callable[[str], Mapping[str, str]] = lambda _: {},
    ) -> None:
        """`live`: the live versions of a provider's credentials, where an environment's branch names them."""
        self._resolver = resolver
        self._values = values
        self._live = live

    def __call__(self, provider: Provider, endpoint: Endpoint) -> Credentials:
        """Every credential of the provider. Raises StoreError; an optional credential may be missing."""
        if provider.secret_policy == "none":
            return Credentials()
        secrets, version = {}, None
        live = self._live(provider.id)
        for name, reference in provider.credential_refs().items():
            text = fill(reference, self._values)
            if live.get(name, PRESENT) != PRESENT and parse_ref(text).version is None:
                text = f"{text}?version={live[name]}"
            try:
                found = self._resolver.resolve_for(text, endpoint.url)
            except SecretError as error:
                if provider.secret_policy == "optional" and error.fault == "missing":
                    continue
                raise
            secrets[name] = found.secret
            if name == "api_key":
                version = found.version
        return Credentials(secrets, version)
