"""The route matrix over a repository: its profile, and the snapshot of a commit.

Reads files and commits alone. Nothing here can reach a provider or a secret store: neither is imported.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pxctl.core.errors import ConfigError, GitError, UsageError
from pxctl.core.span import Span
from pxctl.load.git import run_git
from pxctl.load.loader import load
from pxctl.load.reader import read_text
from pxctl.load.text import decode
from pxctl.load.tree import CommitTree
from pxctl.matrix.build import build
from pxctl.matrix.profile import contract
from pxctl.model.configuration import Loaded
from pxctl.model.matrix import MatrixProfile


def read_profile(file: str, raw: bytes) -> MatrixProfile:
    """A boundary profile from YAML or JSON. Raises ConfigError with the place."""
    text, problem = decode(raw)
    value: Any = None
    if problem is None:
        value, _, problems = read_text(file, text)
        problem = problems[0] if problems else None
    if problem is not None:
        raise ConfigError(problem.message, span=problem.place.span(file), hint=problem.hint)
    try:
        return MatrixProfile.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the top level"
        raise ConfigError(f"{place}: {first['msg'].lower()}", span=Span(file)) from None


def profile_file(path: Path) -> MatrixProfile:
    """A boundary profile from a file. Raises UsageError, ConfigError."""
    try:
        return read_profile(str(path), path.read_bytes())
    except OSError as error:
        raise UsageError(f"`{path}`: {(error.strerror or 'cannot be read').lower()}") from None


def committed_profile(root: Path, loaded: Loaded) -> MatrixProfile:
    """The profile that `matrix_profile` of the commit's pxctl.yaml names, read from that commit.

    Raises UsageError where it names none, ConfigError where the file is not in the commit.
    """
    name = loaded.config.project.matrix_profile
    if name is None:
        raise UsageError(
            "pxctl.yaml names no `matrix_profile`",
            hint="write one (docs/matrix.md), or say --profile FILE; `--profile contract` is the built-in one",
        )
    try:
        raw = run_git(["cat-file", "blob", f"{loaded.source}:{name}"], root)
    except GitError:
        raise ConfigError("the profile is not in this commit", span=Span(name), hint="commit it first") from None
    return read_profile(name, raw)


def pick_profile(wanted: str | None, root: Path, loaded: Loaded) -> MatrixProfile:
    """The profile for `build`: the repository's own by default, the contract's, or a file's."""
    if wanted is None or wanted == "repo":
        return committed_profile(root, loaded)
    return contract() if wanted == "contract" else profile_file(Path(wanted))


def evidence_of(root: Path, loaded: Loaded) -> dict[str, list[str]]:
    """Where each provider's validation is recorded on the environments' branches: `env/x:evidence/y.json@blob`."""
    found: dict[str, list[str]] = {}
    state = loaded.config.project.state
    for environment in sorted(loaded.config.project.environments):
        branch = f"{state.branch_prefix}{environment}"
        for ref in (f"refs/heads/{branch}", f"refs/remotes/{state.remote}/{branch}"):
            try:
                listed = run_git(["ls-tree", "-z", "--full-tree", ref, "evidence/"], root)
            except GitError:
                continue
            for line in filter(None, listed.split(b"\0")):
                meta, _, path = line.decode("utf-8", "replace").partition("\t")
                name = path.removeprefix("evidence/").removesuffix(".json")
                found.setdefault(name, []).append(f"{branch}:{path}@{meta.split()[2][:12]}")
            break
    return found


def snapshot_of(root: Path, rev: str, profile: str | None) -> dict[str, Any]:
    """The snapshot of a commit, dated by that commit. Raises InputError where it would not pass its profile."""
    tree = CommitTree(root, rev)
    loaded = load(tree)
    when = run_git(["show", "-s", "--format=%cI", str(tree.source)], root).decode().strip()
    return build(loaded, pick_profile(profile, root, loaded), datetime.fromisoformat(when), evidence_of(root, loaded))
