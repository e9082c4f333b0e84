"""Words that the shell can complete: cheap looks into the repository, never the network, never an error.

A parameter is completed by its name: every verb that calls a provider `provider` gets the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pxctl.app.cli.options import find_root

MOST_BYTES = 4 * 1024 * 1024
"""How much of the roster is looked at."""


def providers(root: Path) -> Iterable[str]:
    """The ids of the provider files."""
    return _stems(root, "providers")


def policies(root: Path) -> Iterable[str]:
    """The names of the policy files."""
    return _stems(root, "routing-policies")


def subjects(root: Path) -> Iterable[str]:
    """What can be released by itself."""
    return (
        *(f"policies/{name}" for name in policies(root)),
        *(f"providers/{name}" for name in providers(root)),
        *("flags", "roster"),
    )


def tenants(root: Path) -> Iterable[str]:
    """The ids in the roster, found without reading the files as YAML."""
    left = MOST_BYTES
    for path in sorted((root / "tenants").glob("*.yaml")):
        text = path.read_text("utf-8", "replace")[:left]
        left -= len(text)
        yield from re.findall(r"^\s*-\s*\{?\s*id:\s*[\"']?([a-z0-9._-]+)", text, re.MULTILINE)
        if left <= 0:
            return


def environments(root: Path) -> Iterable[str]:
    """The environments of pxctl.yaml."""
    from pxctl.load.reader import read

    for name in ("pxctl.yaml", "pxctl.json"):
        if (root / name).is_file():
            document, _ = read(name, "project", (root / name).read_bytes())
            found = document.data.get("environments") if isinstance(document.data, dict) else None
            return tuple(found) if isinstance(found, dict) else ()
    return ()


def scenarios(root: Path) -> Iterable[str]:
    """The names of the scenario files."""
    return _stems(root, "scenarios")


BY_NAME: dict[str, Callable[[Path], Iterable[str]]] = {
    "provider": providers, "providers": providers, "policy": policies, "policies": policies, "tenant": tenants,
    "tenants": tenants, "environment": environments, "env": environments, "subject": subjects, "subjects": subjects,
    "scenario": scenarios, "scenarios": scenarios,
}  # fmt: skip
"""The words of a parameter, by its name."""


def words(name: str, repo: Path | None, incomplete: str) -> list[str]:
    """What a parameter can be completed to; empty where there is no repository or nothing fits."""
    try:
        return sorted({word for word in BY_NAME[name](find_root(repo)) if word.startswith(incomplete)})
    except Exception:  # a shell that waits for words has no use for an error
        return []


def completer(name: str) -> Callable[[Any, Any, str], list[str]]:
    """The completion of a parameter, as click wants it."""

    def complete(context: Any, parameter: Any, incomplete: str) -> list[str]:
        del parameter
        repo = context.params.get("repo")
        return words(name, Path(repo) if repo else None, incomplete)

    return complete


def _stems(root: Path, folder: str) -> Iterable[str]:
    return (path.stem for path in (root / folder).iterdir() if path.suffix in (".yaml", ".json"))
