"""The last report of a work tree, kept outside the repository and used again while nothing has changed.

What is compared: of every file its path, size, times and inode, and its blob id too while it is so young that a change
could hide in the same tick; of the tool its code and what is installed beside it. A cache that is corrupt, of somebody
else, or of another tool is not used; one that cannot be written is not missed.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pxctl import __version__

if TYPE_CHECKING:
    from pxctl.app.flows.lint import Linted

YOUNG_NS = 2_000_000_000
FORMAT = "pxctl-lint-1"


def remembered(root: Path, anew: Callable[[], Linted]) -> Linted:
    """The last report where nothing has changed, else a new one, which is then kept."""
    key = signature(root)
    place = cache_file(root)
    found = _read(place, key)
    if found is not None:
        return found
    linted = anew()
    with suppress(OSError):
        _write(place, key, linted)
    return linted


def cache_file(root: Path) -> Path:
    """Where the report of a work tree is kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:32]
    return Path(base) / "pxctl" / "lint" / f"{name}.json"


def signature(root: Path) -> str:
    """A digest of everything that a report depends on."""
    from pxctl.core.digest import blob_id
    from pxctl.load.tree import UnreadableError, WorkTree

    digest = hashlib.sha256(_tool().encode())
    tree = WorkTree(root)
    base = str(root)
    young = time.time_ns() - YOUNG_NS
    for path in tree.paths():
        try:
            state = os.stat(f"{base}/{path}")  # noqa: PTH116 - ten thousand times; Path costs more than the call
        except OSError as error:
            digest.update(f"{path}\0{error.errno}\n".encode("utf-8", "surrogateescape"))
            continue
        line = f"{path}\0{state.st_mode}:{state.st_ino}:{state.st_size}:{state.st_mtime_ns}:{state.st_ctime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
        if max(state.st_mtime_ns, state.st_ctime_ns) > young:
            with suppress(UnreadableError):
                digest.update(blob_id(tree.read(path)).encode())
    return digest.hexdigest()


def _tool() -> str:
    """The tool's version, the times of its code, and of the folders from which plugins come."""
    import pxctl

    home = Path(pxctl.__file__).parent
    parts = [FORMAT, __version__, sys.version]
    for folder in ("lint", "lint/rules", "load", "load/data", "model", "core"):
        with os.scandir(home / folder) as entries:
            parts += sorted(
                f"{entry.name}:{entry.stat().st_mtime_ns}" for entry in entries if entry.name.endswith((".py", ".json"))
            )
    for place in sys.path:
        with suppress(OSError):
            parts.append(f"{place}:{Path(place).stat().st_mtime_ns}")
    return "\n".join(parts)


def _read(place: Path, key: str) -> Linted | None:
    from pxctl.app.flows.lint import Linted
    from pxctl.model.finding import LintReport

    try:
        with place.open("rb") as file:
            state = os.fstat(file.fileno())
            if state.st_uid != os.getuid() or state.st_mode & 0o022 or not stat.S_ISREG(state.st_mode):
                return None
            kept = json.loads(file.read(64 * 1024 * 1024))
        if kept["format"] != FORMAT or kept["key"] != key:
            return None
        report = LintReport.model_validate(kept["report"] | {"rule_infos": kept["rules"]})
        texts = {str(name): str(text) for name, text in kept["texts"].items()}
        return Linted(report, texts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _write(place: Path, key: str, linted: Linted) -> None:
    mended = {edit.file for finding in linted.report.findings for edit in finding.fix}
    kept = {
        "format": FORMAT,
        "key": key,
        "report": linted.report.model_dump(mode="json"),
        "rules": {code: info.model_dump(mode="json") for code, info in linted.report.rule_infos.items()},
        "texts": {name: text for name, text in linted.texts.items() if name in mended},
    }
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(kept, file)
    Path(name).replace(place)
