"""`pxctl schema`: the JSON Schemas of the files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pxctl.app.cli.options import Output, OutputOption, examples, verb_app

app = verb_app()


@app.command(epilog=examples("pxctl schema", "pxctl schema provider", "pxctl schema --write schemas"))
def schema(
    kind: Annotated[str | None, typer.Argument(help="Which kind of file; none: list them.")] = None,
    write: Annotated[Path | None, typer.Option(metavar="DIR", help="Write them all into a folder.")] = None,
    output: OutputOption = None,
) -> int:
    """Print the JSON Schema (2020-12) of a kind of file, or write all of them for editors."""
    from pxctl.app.flows.schema import schema_table, write_schemas
    from pxctl.load.schema import schema_text

    out = Output(output)
    if write is not None:
        for path in write_schemas(write):
            out.note(f"wrote {path}")
    elif kind is None:
        out.show(schema_table())
    else:
        out.write(schema_text(kind))
    return 0
