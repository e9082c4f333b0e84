"""`pxctl prove`: prove the guarantees for every possible request."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import (
    Format,
    FormatOption,
    Output,
    OutputOption,
    QuietOption,
    RepoOption,
    VerboseOption,
    examples,
    find_root,
    verb_app,
)

app = verb_app()


@app.command(
    epilog=examples(
        "pxctl prove",
        "pxctl prove --guarantee restricted-never-leaves-eu --rev HEAD~1",
        "pxctl prove --format json --output proof.json",
    )
)
def prove(
    guarantee: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this one; repeat it.")] = None,
    policy: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Examine only this one; repeat it.")] = None,
    environment: Annotated[str | None, typer.Option("--env", "-e", help="Whose flags count.")] = None,
    rev: Annotated[str | None, typer.Option(help="Prove it of this commit's files.")] = None,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Prove the guarantees for every possible request, and say what else is noteworthy about the policies.

    Nothing is sampled. A guarantee that fails comes with a concrete request, its decision, and the file and line of the
    route that allowed it. Exit 1 where a guarantee is broken, or too large to be decided.
    """
    from pxctl.app.flows.prove import prove_files
    from pxctl.report.proof import proof_text

    out = Output(output, quiet=quiet, verbose=verbose)
    report = prove_files(
        find_root(repo), rev=rev, policies=policy or [], guarantees=guarantee or [], environment=environment,
        progress=out.detail,
    )  # fmt: skip
    out.answer(report, format, proof_text)
    return 1 if report.failed else 0
