"""`pxctl apply`: what was merged on main becomes releases."""

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
    verb_app,
)
from pxctl.app.cli.releasing import DryRunOption, EnvOption, KeyOption, SkewOption, desk_for

app = verb_app()


@app.command(epilog=examples("pxctl apply --env production", "pxctl apply --env production --dry-run"))
def apply(
    env: EnvOption = None,
    dry_run: DryRunOption = False,
    key: KeyOption = None,
    skew_ok: SkewOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Apply every release request of this commit that has not been applied: once, and in order.

    Running it again does nothing. It stops at the first request that is refused; those before it stay applied.
    """
    from pxctl.app.flows.forge import apply_and_tell
    from pxctl.report.release import results_text

    out = Output(output, quiet=quiet, verbose=verbose)
    results, warnings, error = apply_and_tell(desk_for(repo, env, key=key, skew_ok=skew_ok), dry_run=dry_run)
    for warning in warnings:
        out.warn(warning)
    nothing = "nothing to do: every request on main is applied"
    if results or error is None or format == Format.JSON:
        out.answer({"results": results}, format, lambda found: results_text(found["results"], nothing))
    if error is not None:
        raise error
    return 0
