"""Files of ours in a folder: written whole or not at all, never through a link, and told apart from others' files."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pxctl.core.errors import ConfigError
from pxctl.model import project
from pxctl.release.targets.base import TargetError, named


def folder_of(name: str, settings: project.PublishTarget, environment: str, root: str) -> Path:
    """The folder of a target for one environment: `path` (from the repository's root), then the environment.

    Raises ConfigError for a path inside `.git`, or the repository's root itself.
    """
    if not settings.path:
        raise ConfigError(named(name, settings, "`path` is missing"))
    base = Path(os.path.normpath(Path(root) / settings.path))
    if ".git" in base.parts or base == Path(os.path.normpath(root)):
        raise ConfigError(named(name, settings, f"`{settings.path}` is no place for rendered files"))
    return base / environment


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document: a temporary file beside it, flushed to disk, then renamed over it. Raises TargetError."""
    data = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".pxctl-", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise TargetError(f"`{path}`: {(error.strerror or 'cannot be written').lower()}") from None


def read(path: Path) -> dict[str, Any] | None:
    """A JSON object, or None where there is none, or where it is something else. Raises TargetError."""
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        return None
    except OSError as error:
        raise TargetError(f"`{path}`: {(error.strerror or 'cannot be read').lower()}") from None
    return value if isinstance(value, dict) else None


def remove(path: Path) -> None:
    """Remove a file; one that is not there is fine. Raises TargetError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise TargetError(f"`{path}`: {(error.strerror or 'cannot be removed').lower()}") from None


def listed(folder: Path) -> list[str]:
    """The names of the JSON files of a folder, without ending; none where there is no folder. Raises TargetError."""
    try:
        return sorted(p.stem for p in folder.iterdir() if p.suffix == ".json" and not p.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise TargetError(f"`{folder}`: {(error.strerror or 'cannot be read').lower()}") from None
