"""Flag files for flagd: `<path>/<environment>/flags@<n>.json` for every version that a tenant has, `flags.json` for the
version that most tenants have (what a flagd of the whole environment reads), and `tenants.json`: who has which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pxctl.core.digest import digest
from pxctl.core.secret import Secret
from pxctl.model import project
from pxctl.release.targets.base import Item, LiveState, Reported
from pxctl.release.targets.files import folder_of, listed, read, remove, write

OURS = re.compile(r"flags(?:@[0-9]+)?|tenants")


def open_target(
    name: str, settings: project.PublishTarget, environment: str, token: Secret | None, root: str
) -> FlagsTarget:  # fmt: skip
    """The folder at `path`. Raises ConfigError."""
    return FlagsTarget(folder_of(name, settings, environment, root))


class FlagsTarget:
    """One folder of flag files, for one environment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def wanted(self, live: LiveState) -> dict[str, Item]:
        """One file per version in use, the environment's own, and the list of who has which."""
        if not live.flags:
            return {}
        found = {f"flags@{number}": _item(document) for number, document in live.flags.items()}
        if live.main_flags is not None:
            found["flags"] = _item(live.flags[live.main_flags])
        found["tenants"] = _item({"tenants": dict(sorted(live.flags_of.items()))})
        return found

    def gone(self, live: LiveState, reported: Reported) -> frozenset[str]:
        """Versions that no tenant has any more."""
        return frozenset(k for k in reported.items if OURS.fullmatch(k) and k not in self.wanted(live))

    def report(self) -> Reported:
        """What the files hold."""
        state = read(self._folder / "RELEASE.json") or {}
        items = {
            name: digest(read(self._folder / f"{name}.json")) for name in listed(self._folder) if name != "RELEASE"
        }
        return Reported(items, seq if isinstance(seq := state.get("seq"), int) else 0)

    def put(self, live: LiveState, key: str, item: Item, replaces: str | None) -> None:
        """Write one file."""
        write(self._folder / f"{key}.json", item.document())

    def delete(self, live: LiveState, key: str, replaces: str) -> None:
        """Remove one file."""
        remove(self._folder / f"{key}.json")

    def finish(self, live: LiveState) -> None:
        """Write RELEASE.json."""
        state = {"schema_version": 1, "environment": live.environment, "seq": live.seq, "commit": live.commit}
        if live.flags and read(self._folder / "RELEASE.json") != state:
            write(self._folder / "RELEASE.json", state)

    def close(self) -> None:
        """Nothing to let go of."""


def _item(document: Mapping[str, Any]) -> Item:
    return Item(digest(document), lambda: document)
