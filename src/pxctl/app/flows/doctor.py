"""`pxctl doctor`: look at the machine and the repository, and say how to mend what is not well.

Every check ends in values; a check that itself fails is a problem, never a crash of the others.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pxctl.core.errors import GitError, PxctlError
from pxctl.load.git import run_git
from pxctl.model.doctor import Check, Checkup
from pxctl.report.text import plural

if TYPE_CHECKING:
    from pxctl.model.configuration import Configuration
    from pxctl.release.branch import Branch
    from pxctl.release.git import Git

OLDEST_GIT = (2, 30)
NETWORK_SECONDS = 10.0


def checkup(root: Path | None, *, offline: bool = False) -> Checkup:
    """Everything that can be looked at from here; `root` None: no repository, the machine alone."""
    checks = [*_guard("git", _git), *_guard("ssh-keygen", _ssh), *_guard("replay", _replay)]
    git_works = checks[0].verdict != "problem"
    if root is None:
        checks.append(
            Check(name="repository", verdict="info", detail="no pxctl.yaml here or above", mend="pxctl init DIR")
        )
        return Checkup(checks=tuple(checks))
    checks += _guard("state folder", lambda: _writable(root))
    config: list[Configuration] = []
    checks += _guard("configuration", lambda: _configuration(root, config))
    if git_works:
        checks += _guard("work tree", lambda: _work_tree(root))
        checks += _guard("identity", lambda: _identity(root))
    if config:
        if git_works:
            checks += _guard("signing key", lambda: _signing(root, config[0]))
            checks += _guard("remote", lambda: _remote(root, config[0], offline))
            checks += _guard("environments", lambda: _environments(root, config[0], offline))
        checks += _guard("secrets", lambda: _secrets(config[0], offline))
        checks += _guard("forge", lambda: _forge(root, config[0], offline))
    return Checkup(repository=str(root), checks=tuple(checks))


def _guard(name: str, look: Callable[[], Iterator[Check]]) -> list[Check]:
    found: list[Check] = []
    try:
        found.extend(look())
    except PxctlError as error:
        found.append(Check(name=name, verdict="problem", detail=str(error), mend=error.hint))
    except OSError as error:
        detail = f"`{error.filename}`: {(error.strerror or str(error)).lower()}"
        found.append(Check(name=name, verdict="problem", detail=detail, mend="check permissions and free space"))
    return found


def _git() -> Iterator[Check]:
    text = run_git(["--version"], Path.cwd()).decode().strip()
    found = re.search(r"(\d+)\.(\d+)", text)
    if found and (int(found[1]), int(found[2])) < OLDEST_GIT:
        wanted = ".".join(map(str, OLDEST_GIT))
        yield Check(name="git", verdict="problem", detail=f"{text} is too old", mend=f"install git {wanted} or newer")
        return
    yield Check(name="git", verdict="ok", detail=text.removeprefix("git "))


def _ssh() -> Iterator[Check]:
    place = shutil.which("ssh-keygen")
    if place is None:
        yield Check(name="ssh-keygen", verdict="warning", detail="not installed: nothing can be signed or verified",
                    mend="install OpenSSH 8.2 or newer (Debian: apt-get install openssh-client)")  # fmt: skip
        return
    yield Check(name="ssh-keygen", verdict="ok", detail=place)


def _replay() -> Iterator[Check]:
    from pxctl.policy.columns_kernel import COMPILED_FROM, available

    if available():
        yield Check(name="replay", verdict="ok", detail=f"compiled from {COMPILED_FROM:,} requests on")
        return
    yield Check(name="replay", verdict="info", detail="NumPy", mend="faster for long traces: pip install 'pxctl[fast]'")


def _writable(root: Path) -> Iterator[Check]:
    from pxctl.app.wiring import state_folder

    folder = state_folder(root)
    if not os.access(folder, os.W_OK):
        yield Check(
            name="state folder", verdict="problem", detail=f"`{folder}` cannot be written", mend="check permissions"
        )
        return
    yield Check(name="state folder", verdict="ok", detail=str(folder))


def _configuration(root: Path, found: list[Configuration]) -> Iterator[Check]:
    from pxctl.app.wiring import load_files

    loaded = load_files(root)
    errors = [finding for finding in loaded.findings if finding.severity.value == "error"]
    found.append(loaded.config)
    if errors:
        detail = f"{plural(len(errors), 'error')}, first {errors[0].span}: {errors[0].message}"
        yield Check(name="configuration", verdict="problem", detail=detail, mend="pxctl lint shows all of them")
        return
    config = loaded.config
    parts = (
        plural(len(config.providers), "provider"),
        plural(len(config.policies), "policy", "policies"),
        plural(len(config.tenants), "tenant"),
    )
    yield Check(name="configuration", verdict="ok", detail=", ".join(parts))


def _work_tree(root: Path) -> Iterator[Check]:
    run_git(["rev-parse", "--git-dir"], root)
    try:
        commit = run_git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], root).decode().strip()
    except GitError:
        yield Check(name="work tree", verdict="warning", detail="no commit yet: there is nothing to release",
                    mend="git add . && git commit")  # fmt: skip
        return
    try:
        branch = run_git(["symbolic-ref", "--quiet", "--short", "HEAD"], root).decode().strip()
    except GitError:
        yield Check(name="work tree", verdict="warning", detail=f"HEAD is detached at {commit[:12]}",
                    mend="git switch main")  # fmt: skip
        return
    yield Check(name="work tree", verdict="ok", detail=f"branch {branch} at {commit[:12]}")


def _identity(root: Path) -> Iterator[Check]:
    try:
        who = run_git(["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"], root).decode()
    except GitError:
        yield Check(name="identity", verdict="problem", detail="git does not know who you are: nothing can be released",
                    mend="git config --global user.name NAME; git config --global user.email ADDRESS")  # fmt: skip
        return
    yield Check(name="identity", verdict="ok", detail=who.rpartition(">")[0] + ">")


def _signing(root: Path, config: Configuration) -> Iterator[Check]:
    from pxctl.release.git import Git
    from pxctl.release.sign import configured_key

    how = (
        "git config gpg.format ssh; git config user.signingkey ~/.ssh/id_ed25519.pub (make one: ssh-keygen -t ed25519)"
    )
    required = sorted(name for name, env in config.project.environments.items() if env.sign == "required")
    with Git(root) as git:
        key = configured_key(git)
    if key is not None:
        yield Check(name="signing key", verdict="ok", detail=f"{key.path} ({key.public.split()[0]})")
    elif required:
        yield Check(
            name="signing key", verdict="problem", detail=f"none, and {', '.join(required)} requires one", mend=how
        )
    else:
        yield Check(name="signing key", verdict="info", detail="none: releases are not signed", mend=how)


def _remote(root: Path, config: Configuration, offline: bool) -> Iterator[Check]:
    name = config.project.state.remote
    remotes = run_git(["remote"], root).decode().split()
    if name not in remotes and not ("/" in name or ":" in name):
        others = f"; there is {', '.join(remotes)}" if remotes else ""
        yield Check(name="remote", verdict="info", mend=f"git remote add {name} URL, or `state: {{remote: NAME}}`",
                    detail=f"no remote `{name}`{others}: environments live in this repository alone")  # fmt: skip
        return
    if offline:
        yield Check(name="remote", verdict="skipped", detail=f"{name}: not asked (--offline)")
        return
    run_git(["ls-remote", "--quiet", "--heads", name], root, timeout=NETWORK_SECONDS)
    yield Check(name="remote", verdict="ok", detail=f"{name} answers")


def _environments(root: Path, config: Configuration, offline: bool) -> Iterator[Check]:
    from pxctl.release.git import Git

    with Git(root) as git:
        yield from _each_environment(git, config, offline)


def _each_environment(git: Git, config: Configuration, offline: bool) -> Iterator[Check]:
    from pxctl.release import locks
    from pxctl.release.branch import open_branch

    left: list[locks.StaleLock] = []
    for name in config.project.environments:
        branch = open_branch(git, name, config.project.state)
        title = f"environment {name}"
        try:
            tip = branch.tip(fetch=not offline)
            yield _tip(branch, title, tip)
        except PxctlError as error:
            mend = error.hint or f"pxctl audit verify --env {name}"
            yield Check(name=title, verdict="problem", detail=str(error), mend=mend)
        left += branch.left_locks()
    for lock in [*left, *locks.others(git.directory, {lock.path for lock in left})]:
        who = f"process {lock.owner}" if lock.owner is not None else "a process"
        dead = f"left by {who}, which is dead" if lock.dead else "a process may hold it"
        mend = "the next release removes it" if lock.dead else f"rm {lock.path} (only if no git runs)"
        yield Check(name="lock", verdict="warning", detail=f"{lock.path}: {dead}", mend=mend)


def _tip(branch: Branch, title: str, tip: str | None) -> Check:
    from pxctl.release.audit import tip_problems

    if tip is None:
        mend = f"pxctl env init {branch.environment}"
        return Check(name=title, verdict="info", detail="nothing released yet", mend=mend)
    view = branch.view(tip)
    problems = tip_problems(view, branch.environment)
    if problems or view.release is None:
        why = problems[0] if problems else "it has no RELEASE.json"
        return Check(name=title, verdict="problem", detail=f"the tip {tip[:12]} is not a release: {why}",
                     mend=f"pxctl env repair {branch.environment}")  # fmt: skip
    release = view.release
    when = f"{release.time:%Y-%m-%d %H:%M} UTC"
    return Check(name=title, verdict="ok", detail=f"release {release.seq}, {release.op}, {when}")


def _secrets(config: Configuration, offline: bool) -> Iterator[Check]:
    from pxctl.secrets.base import parse_ref
    from pxctl.secrets.registry import open_backend

    schemes: dict[str, list[str]] = {}
    for provider in config.providers.values():
        for reference in provider.credential_refs().values():
            scheme = parse_ref(re.sub(r"\{[a-z_]+\}", "x", reference)).scheme
            schemes.setdefault(scheme, []).append(reference)
    for scheme, references in sorted(schemes.items()):
        title = f"secrets {scheme}://"
        if scheme == "env":
            names = sorted({parse_ref(reference).path for reference in references if "{" not in reference})
            missing = [name for name in names if not os.environ.get(name)]
            if missing:
                yield Check(name=title, verdict="warning", detail=f"not set here: {', '.join(missing)}",
                            mend=f"export {missing[0]}=... where pxctl validates or serves")  # fmt: skip
                continue
        elif offline:
            yield Check(name=title, verdict="skipped", detail="not asked (--offline)")
            continue
        try:
            detail = open_backend(scheme, config.project.secret_stores.get(scheme)).check()
        except PxctlError as error:
            yield Check(name=title, verdict="problem", detail=str(error), mend=error.hint)
        else:
            yield Check(name=title, verdict="ok", detail=detail)


def _forge(root: Path, config: Configuration, offline: bool) -> Iterator[Check]:
    from pxctl.app.flows.forge_check import forge_checks

    yield from forge_checks(root, config, offline)
