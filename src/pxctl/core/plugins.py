"""Which entry points other packages offer to us, found without reading the metadata of every package there is.

`importlib.metadata` takes longer to import, and to ask each installed package, than linting a file. So it is asked only
where the `entry_points.txt` of some package names the group at all, or where packages do not lie in folders (a zip).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def offered(group: str) -> list[EntryPoint]:
    """The entry points of a group, such as `pxctl.lint_rules`."""
    if not any(_may_offer(place or ".", f"[{group}]".encode()) for place in sys.path):
        return []
    from importlib.metadata import entry_points

    return list(entry_points(group=group))


def _may_offer(place: str, mark: bytes) -> bool:
    try:
        names = os.listdir(place)  # noqa: PTH208 - hundreds of names, at each start
    except OSError as error:
        return isinstance(error, NotADirectoryError)
    for name in names:
        if name.endswith(("-info", ".egg")):
            with suppress(OSError), open(f"{place}/{name}/entry_points.txt", "rb") as file:  # noqa: PTH123
                if mark in file.read():
                    return True
    return False
