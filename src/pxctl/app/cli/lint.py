"""`pxctl lint`: check every file of the repository."""

from __future__ import annotations

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


@app.command(epilog=examples("pxctl lint", "pxctl lint --format json --output findings.json"))
def lint(
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Check every file of the repository: its shape first, then the rules. All findings in one run."""
    from pxctl.app.flows.lint import lint_repository
    from pxctl.report.findings import findings_text

    out = Output(output, quiet=quiet, verbose=verbose)
    report = lint_repository(find_root(repo))
    out.answer(report, format, findings_text)
    return 1 if report.failed else 0
