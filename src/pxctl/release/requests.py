"""Release requests: files on main, applied once and in order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pxctl.core.errors import RefusedError, UsageError
from pxctl.model.release import ReleaseRequest
from pxctl.release.branch import Branch
from pxctl.release.documents import RELEASE
from pxctl.release.history import commits

NAME = re.compile(r"releases/(?P<env>[^/]+)/(?P<number>\d+)-(?P<rest>[^/]+)\.(yaml|json)")


@dataclass(frozen=True)
class Due:
    """A request that has not been applied."""

    path: str
    blob: str
    request: ReleaseRequest


def folder(environment: str) -> str:
    """Where an environment's requests lie."""
    return f"releases/{environment}/"


def environment_of(path: str) -> str:
    """The environment that a request is for. Raises UsageError where the path is none of a request."""
    match = NAME.fullmatch(path)
    if match is None:
        raise UsageError(f"`{path}` is no release request", hint="such as releases/production/0042-default-12.yaml")
    return match["env"]


def next_path(environment: str, existing: Iterable[str], subject: str, version: int | None, op: str) -> str:
    """The path of a new request: the next number, what it is about, the version."""
    numbers = [int(m["number"]) for path in existing if (m := NAME.fullmatch(path)) and m["env"] == environment]
    name = subject.rpartition("/")[2] + (f"-{version}" if version is not None else "")
    prefix = "" if op in ("publish", subject) else f"{op}-"
    return f"{folder(environment)}{max(numbers, default=0) + 1:04d}-{prefix}{name}.yaml"


def order(path: str) -> tuple[int, str]:
    """Sort key of a request file: its number, then its name."""
    match = NAME.fullmatch(path)
    return (int(match["number"]) if match else 0, path)


def applied(branch: Branch, tip: str | None) -> dict[str, str]:
    """Path -> blob of every request that a release of this branch names (its first one: later steps repeat it)."""
    if tip is None:
        return {}
    found: dict[str, str] = {}
    for record in branch.git.reader.many(f"{commit}:{RELEASE}" for commit, _ in reversed(commits(branch, tip))):
        try:
            value = json.loads(record[2]) if record is not None else {}
        except ValueError:
            continue
        if isinstance(value, dict) and value.get("request"):
            found.setdefault(str(value["request"]), str(value.get("request_blob")))
    return found


def due(
    environment: str, there: Mapping[str, tuple[str, ReleaseRequest]], done: Mapping[str, str]
) -> tuple[list[Due], list[str]]:
    """What is to be applied, in order, and warnings. `there`: path -> (blob, request) on main.

    Raises RefusedError for a request that comes before one that is applied already, and for a file whose name has no
    number, because it has no place in the order.
    """
    prefix, warnings, wanted = folder(environment), [], []
    last = max((order(path) for path in done), default=(0, ""))
    for path in sorted((p for p in there if p.startswith(prefix)), key=order):
        blob, request = there[path]
        if NAME.fullmatch(path) is None:
            raise RefusedError(
                f"`{path}`: a request's name starts with its number",
                hint=f"rename it, such as {prefix}0042-default-12.yaml",
            )
        if path in done:
            if done[path] != blob:
                warnings.append(f"`{path}` was edited after it was applied; the edit does nothing")
            continue
        if order(path) < last:
            raise RefusedError(
                f"`{path}` comes before `{last[1]}`, which is applied already",
                hint=f"give it the next number: pxctl publish --refresh {path}; or remove it",
            )
        wanted.append(Due(path, blob, request))
    return wanted, warnings
