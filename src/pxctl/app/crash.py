"""The log of a bug: version, platform, redacted words of the command and a traceback without values of variables."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from pxctl import __version__
from pxctl.core.secret import HIDDEN, redact

_SECRET_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL")


def write_log(error: BaseException) -> Path | None:
    """Write the log into the repository's `.pxctl/`, else the cache, else the temporary folder; None: nowhere."""
    text = render(error)
    name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    for folder in _folders():
        try:
            make_state_folder(folder)
            path = folder / name
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return path
    return None


def make_state_folder(folder: Path) -> Path:
    """Make a folder of pxctl's own, which git ignores whatever the repository's .gitignore says. Raises OSError."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    return folder


def render(error: BaseException) -> str:
    """The log's text. Secrets that this process met, values of secret-looking variables and key shapes are removed."""
    lines = [
        f"pxctl {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"time: {datetime.now(UTC).isoformat(timespec='seconds')}",
        f"command: {' '.join(sys.argv[1:])}",
        "",
        "".join(traceback.format_exception(error)),
    ]
    text = "\n".join(lines)
    text = without_environment(text)
    return redact(text)


def without_environment(text: str) -> str:
    """The text without the values of variables whose names say that they are secret."""
    for name, value in os.environ.items():
        if len(value) >= 8 and any(word in name.upper() for word in _SECRET_NAMES):
            text = text.replace(value, HIDDEN)
    return text


def _folders() -> list[Path]:
    folders = []
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "pxctl.yaml").is_file() or (folder / ".git").exists():
            folders.append(folder / ".pxctl")
            break
    cache = os.environ.get("XDG_CACHE_HOME")
    folders.append((Path(cache) if cache else Path.home() / ".cache") / "pxctl")
    folders.append(Path(tempfile.gettempdir()))
    return folders
