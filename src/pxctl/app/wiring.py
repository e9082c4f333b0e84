"""The one place where parts are put together: trees, configuration, stores, state on the user's machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pxctl.core.errors import ConfigError

if TYPE_CHECKING:
    from pxctl.model.configuration import Configuration, Loaded
    from pxctl.model.finding import Finding


def state_folder(root: Path) -> Path:
    """`<repo>/.pxctl`, made where it is missing; git ignores it by its own `.gitignore`. Raises OSError."""
    from pxctl.app.crash import make_state_folder

    return make_state_folder(root / ".pxctl")


def load_files(root: Path, rev: str | None = None) -> Loaded:
    """The configuration of the work tree, or of a commit. Findings are in the value."""
    from pxctl.load.loader import load
    from pxctl.load.tree import CommitTree, WorkTree

    return load(WorkTree(root) if rev is None else CommitTree(root, rev))


def sound(loaded: Loaded) -> Configuration:
    """The configuration, where every file could be read. Raises ConfigError that names the first fault."""
    errors = [finding for finding in loaded.findings if finding.severity.value == "error"]
    if errors:
        raise unsound(errors)
    return loaded.config


def unsound(errors: list[Finding]) -> ConfigError:
    """The refusal to work with a configuration that has errors."""
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return ConfigError(f"{first.message}{more}", span=first.span, hint="`pxctl lint` shows every fault and its way out")


def load_sound(root: Path, rev: str | None = None) -> Configuration:
    """`sound(load_files(...))`: what most verbs need."""
    return sound(load_files(root, rev))
