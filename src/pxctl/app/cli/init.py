"""`pxctl init DIR`: a repository of one's own."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pxctl.app.cli.options import (
    Format,
    FormatOption,
    Output,
    OutputOption,
    QuietOption,
    VerboseOption,
    examples,
    verb_app,
)

app = verb_app()


class Start(StrEnum):
    """The one provider that a new repository has."""

    OPENAI = "openai"
    OLLAMA = "ollama"


@app.command(epilog=examples("pxctl init my-models", "pxctl init --provider ollama my-models", "pxctl init . --no-git"))
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder, new or without such files.")],
    provider: Annotated[Start, typer.Option("--provider", help="The provider to start with.")] = Start.OPENAI,
    git: Annotated[bool, typer.Option("--git/--no-git", help="Make it a git repository where it is in none.")] = True,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Scaffold a repository: pxctl.yaml, one provider, one policy, one tenant. Nothing is overwritten."""
    from pxctl.app.flows.init import scaffold
    from pxctl.report.init import scaffold_text

    out = Output(output, quiet=quiet, verbose=verbose)
    made = scaffold(folder, provider.value, git=git)
    out.answer(made, format, lambda made: scaffold_text(made.folder, made.written, made.kept, made.git, made.provider))
    return 0
