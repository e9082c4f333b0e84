"""The last report of a work tree, kept outside the repository and used again while nothing has changed.

What is compared: of every file its path, size, times and inode, and its blob id too where it was so young that a change
could have hidden in the same tick; of the tool its code and what is installed beside it. A cache that is corrupt, of
somebody else, or of another tool is not used; one that cannot be written is not missed.
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
from typing import TYPE_CHECKING, NamedTuple

from pxctl import __version__

if TYPE_CHECKING:
    from pxctl.app.flows.lint import Linted
    from pxctl.load.tree import WorkTree

YOUNG_NS = 2_000_000_000
FORMAT = "pxctl-lint-3"
MOST_BYTES = 512 * 1024 * 1024


def remembered(root: Path, anew: Callable[[], Linted]) -> Linted:
    """The last report where nothing has changed, else a new one, which is then kept."""
    now = signature(root)
    place = cache_file(root)
    found = _read(place, root, now.key)
    if found is not None:
        return found
    linted = anew()
    with suppress(OSError):
        _write(place, now, linted)
    return linted


def cache_file(root: Path, ending: str = ".json") -> Path:
    """Where the report of a work tree is kept, or something else about it."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:32]
    return Path(base) / "pxctl" / "lint" / f"{name}{ending}"


class Signature(NamedTuple):
    """What a report depends on: a digest over the tool and the state of every file, and the blob ids of files that
    were so young that another change may have hidden in the same tick."""

    key: str
    young: dict[str, str]


def signature(root: Path) -> Signature:
    """What a report of the work tree depends on now."""
    from pxctl.load.tree import WorkTree

    digest = hashlib.sha256(tool().encode())
    tree = WorkTree(root)
    base = str(root)
    limit = time.time_ns() - YOUNG_NS
    young: dict[str, str] = {}
    for path in tree.paths():
        try:
            state = os.stat(f"{base}/{path}")  # noqa: PTH116 - ten thousand times; Path costs more than the call
        except OSError as error:
            digest.update(f"{path}\0{error.errno}\n".encode("utf-8", "surrogateescape"))
            continue
        line = f"{path}\0{state.st_mode}:{state.st_ino}:{state.st_size}:{state.st_mtime_ns}:{state.st_ctime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
        if max(state.st_mtime_ns, state.st_ctime_ns) > limit:
            young[path] = _blob(tree, path)
    return Signature(digest.hexdigest(), young)


def _blob(tree: WorkTree, path: str) -> str:
    from pxctl.core.digest import blob_id
    from pxctl.load.tree import UnreadableError

    try:
        return blob_id(tree.read(path))
    except UnreadableError as error:
        return f"{error.code} {error}"


def tool() -> str:
    """The tool's version, the times of its code, and of the folders from which plugins come."""
    import pxctl

    home = Path(pxctl.__file__).parent
    parts = [FORMAT, __version__, sys.version]
    for folder in ("lint", "lint/rules", "load", "load/data", "load/data/schemas", "model", "core"):
        with os.scandir(home / folder) as entries:
            parts += sorted(
                f"{entry.name}:{entry.stat().st_mtime_ns}" for entry in entries if entry.name.endswith((".py", ".json"))
            )
    for place in sys.path:
        with suppress(OSError):
            parts.append(f"{place}:{Path(place).stat().st_mtime_ns}")
    return "\n".join(parts)


def _read(place: Path, root: Path, key: str) -> Linted | None:
    from pxctl.app.flows.lint import Linted
    from pxctl.load.text import decode
    from pxctl.load.tree import UnreadableError, WorkTree
    from pxctl.model.finding import LintReport

    try:
        kept = json.loads(private_bytes(place))
        if kept["format"] != FORMAT or kept["key"] != key:
            return None
        tree = WorkTree(root)
        if any(_blob(tree, path) != blob for path, blob in kept["young"].items()):
            return None
        report = LintReport.model_validate(kept["report"] | {"rule_infos": kept["rules"]})
        mended = {edit.file for finding in report.findings for edit in finding.fix}
        texts = {name: decode(tree.read(name))[0] for name in mended}
        return Linted(report, texts, frozenset(kept["files"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, UnreadableError):
        return None


def private_bytes(place: Path) -> bytes:
    """The bytes of a file of ours that nobody else may write; none where it is no such file, or much too large."""
    with suppress(OSError), place.open("rb") as file:
        state = os.fstat(file.fileno())
        ours = state.st_uid == os.getuid() and not state.st_mode & 0o022 and stat.S_ISREG(state.st_mode)
        return file.read() if ours and state.st_size <= MOST_BYTES else b""
    return b""


def _write(place: Path, now: Signature, linted: Linted) -> None:
    kept = {
        "format": FORMAT,
        **now._asdict(),
        "report": linted.report.model_dump(mode="json"),
        "files": sorted(linted.files),
        "rules": {code: info.model_dump(mode="json") for code, info in linted.report.rule_infos.items()},
    }
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(kept, file)
    Path(name).replace(place)
