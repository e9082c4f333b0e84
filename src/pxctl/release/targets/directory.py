"""A folder of rendered files: `<path>/<environment>/tenants/<tenant>.json`, and `RELEASE.json` with its number.

Each file is replaced as a whole. What it holds is judged by its content, so that an edit by hand is drift. RELEASE.json
is written last: a reader who needs all tenants of one release compares it before and after.
"""

from __future__ import annotations

from pathlib import Path

from pxctl.core.digest import digest
from pxctl.core.secret import Secret
from pxctl.model import project
from pxctl.release.targets.base import Item, LiveState, Reported, config_digest, tenant_items, tenants_gone
from pxctl.release.targets.files import folder_of, listed, read, remove, write


def open_target(
    name: str, settings: project.PublishTarget, environment: str, token: Secret | None, root: str
) -> DirectoryTarget:  # fmt: skip
    """The folder at `path`. Raises ConfigError."""
    return DirectoryTarget(folder_of(name, settings, environment, root))


class DirectoryTarget:
    """One folder, for one environment."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._tenants = folder, folder / "tenants"

    def wanted(self, live: LiveState) -> dict[str, Item]:
        """One file per tenant."""
        return tenant_items(live)

    def gone(self, live: LiveState, reported: Reported) -> frozenset[str]:
        """Tenants that were removed."""
        return tenants_gone(live, reported)

    def report(self) -> Reported:
        """What the files say, by their content."""
        state = read(self._folder / "RELEASE.json") or {}
        seq = state.get("seq")
        return Reported(
            {name: self._judged(name) for name in listed(self._tenants)}, seq if isinstance(seq, int) else 0
        )

    def _judged(self, name: str) -> str:
        found = read(self._tenants / f"{name}.json") or {}
        config, own = found.get("config"), found.get("own")
        if found.get("tenant") != name or not isinstance(config, dict) or not isinstance(own, list):
            return "not ours"
        parts = {k: v for k, v in config.items() if k in own}
        return config_digest(name, digest({k: v for k, v in config.items() if k not in own}), parts)

    def put(self, live: LiveState, key: str, item: Item, replaces: str | None) -> None:
        """Write one tenant's file."""
        write(self._tenants / f"{key}.json", item.document())

    def delete(self, live: LiveState, key: str, replaces: str) -> None:
        """Remove one tenant's file."""
        remove(self._tenants / f"{key}.json")

    def finish(self, live: LiveState) -> None:
        """Write RELEASE.json."""
        state = {"schema_version": 1, "environment": live.environment, "seq": live.seq, "commit": live.commit}
        if read(self._folder / "RELEASE.json") != state:
            write(self._folder / "RELEASE.json", state)

    def close(self) -> None:
        """Nothing to let go of."""
