"""The schemas as files in a folder, and as a table."""

from __future__ import annotations

from pathlib import Path

from pxctl.load.kinds import FOLDERS, SINGLES
from pxctl.load.models import MODELS
from pxctl.load.schema import schema_text
from pxctl.report.text import Table


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema into `folder`; files that already say the same are left alone. Returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for kind in MODELS:
        path = folder / f"{kind}.schema.json"
        text = schema_text(kind)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def schema_table() -> Table:
    """Every kind of file, where such files lie, and the name of its schema."""
    places = {kind: f"{folder}/*.yaml" for folder, kind in FOLDERS.items()}
    places |= {kind: f"{name}.yaml" for name, kind in SINGLES.items()}
    places["request"] = "releases/<environment>/*.yaml"
    rows = [(kind, places[kind], f"schemas/{kind}.schema.json") for kind in MODELS]
    return Table(("kind", "files", "schema"), rows)
