"""Make the JSON Schemas of the files from their models: `src/pxctl/load/data/schemas/`, and `schemas/` for editors.

Run `python tools/make_schemas.py` after changing a model of a file; a test fails until it was run.
"""

from __future__ import annotations

import json
from pathlib import Path

from pxctl.app.flows.schema import write_schemas
from pxctl.load.models import MODELS, schema_of
from pxctl.load.schema import FOLDER


def main() -> None:
    """Write what changed."""
    FOLDER.mkdir(exist_ok=True)
    for kind in MODELS:
        text = json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"
        (FOLDER / f"{kind}.schema.json").write_text(text, encoding="utf-8")
    for path in write_schemas(Path(__file__).parent.parent / "schemas"):
        print(path)


if __name__ == "__main__":
    main()
