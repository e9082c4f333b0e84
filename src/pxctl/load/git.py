"""Running git to read a repository: a clean environment, plain paths, failures as GitError."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from pxctl.core.errors import GitError

KEPT = re.compile(
    r"GIT_((AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)|SSH(_COMMAND|_VARIANT)?|ASKPASS|SSL_.*|HTTP_.*|PROXY_.*|EXEC_PATH|TRACE.*"
    r"|CONFIG_(NOSYSTEM|GLOBAL|SYSTEM)|ALLOW_PROTOCOL|PROTOCOL|DEFAULT_HASH|TEMPLATE_DIR)"
)
"""What git may inherit: who, how to log in, where its own settings are. Never which repository or index to use."""

_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")


def clean_environment() -> dict[str, str]:
    """The process's environment for git: no inherited repository, index or object directory, English, no prompts."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or KEPT.fullmatch(name)}
    return {**env, "LC_ALL": "C.UTF-8", "LANGUAGE": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def run_git(
    args: Sequence[str], cwd: Path | str, input: bytes | None = None, timeout: float | None = None
) -> bytes:  # fmt: skip
    """Run `git ARGS` in `cwd` and return its standard output.

    `timeout` is in seconds. Raises GitError when git is missing, hangs or refuses; user information in URLs is masked.
    """
    command = ["git", "-c", "core.quotePath=false", *args]
    verb = next((arg for arg in args if not arg.startswith("-")), "git")
    try:
        done = subprocess.run(
            command, cwd=cwd, input=input, capture_output=True, env=clean_environment(), timeout=timeout, check=False
        )
    except FileNotFoundError:
        if not Path(cwd).is_dir():
            raise GitError(f"`{cwd}` is not a directory", hint="name the repository with --repo DIR") from None
        raise GitError("git is not installed", hint="install git 2.30 or newer and put it on PATH") from None
    except NotADirectoryError:
        raise GitError(f"`{cwd}` is not a directory", hint="name the repository with --repo DIR") from None
    except PermissionError:
        raise GitError(f"`{cwd}` may not be entered, or git may not be run", hint="check permissions") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git {verb} took longer than {timeout:g} s", hint="is the remote reachable?") from None
    except ValueError:
        raise GitError(f"git {verb}: an argument holds a NUL byte") from None
    if done.returncode:
        raise _refusal(verb, cwd, done.stderr.decode("utf-8", "replace"), done.returncode)
    return done.stdout


def _refusal(verb: str, cwd: Path | str, stderr: str, code: int) -> GitError:
    lines = [line.strip() for line in _USERINFO.sub("", stderr).splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))]
    said = re.sub(r"^(fatal|error): ", "", (fatal or lines or [f"exit {code}"])[0])
    if "not a git repository" in stderr:
        return GitError(f"`{cwd}` is not in a git repository", hint="run `git init`, or name one with --repo DIR")
    if "dubious ownership" in stderr:
        return GitError(f"`{cwd}` belongs to another user", hint="see git's safe.directory setting")
    return GitError(f"git {verb}: {said}")


def resolve_commit(root: Path | str, rev: str) -> str:
    """The full commit id of `rev`. Raises GitError where there is no such commit."""
    if not rev or rev.startswith("-"):
        raise GitError(f"`{rev}` is not a commit", hint="name a branch, a tag or a commit id")
    try:
        return (
            run_git(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}"], root)
            .decode()
            .strip()
        )
    except GitError as error:
        if not error.message.startswith("git rev-parse:"):  # git is missing, or there is no repository
            raise
        if rev == "HEAD":
            raise GitError("the repository has no commit yet", hint="git add . && git commit -m 'first'") from None
        raise GitError(f"`{rev}` is not a commit here", hint="fetch it first, or check the name") from None


def read_blobs(root: Path | str, blobs: Iterable[str]) -> dict[str, bytes]:
    """The contents of blobs by their ids, in one process. Raises GitError where one is missing."""
    out = run_git(["cat-file", "--batch"], root, input="".join(f"{blob}\n" for blob in blobs).encode())
    found: dict[str, bytes] = {}
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        fields = out[at:end].decode().split()
        if len(fields) != 3:
            raise GitError(f"git cat-file: object {fields[0]} is missing", hint="run `git fsck`")
        size = int(fields[2])
        found[fields[0]] = out[end + 1 : end + 1 + size]
        at = end + 2 + size
    return found
