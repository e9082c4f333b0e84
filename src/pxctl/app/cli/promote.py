"""`pxctl promote`: move a rollout to its next step."""

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
    verb_app,
)
from pxctl.app.cli.releasing import (
    DryRunOption,
    EnvOption,
    FlagsOption,
    KeyOption,
    PolicyOption,
    ProviderOption,
    ReasonOption,
    SkewOption,
    answer,
    desk_for,
    one_subject,
)

app = verb_app()


@app.command(
    epilog=examples("pxctl promote --env production --policy default", "pxctl promote --env production --if-ready")
)
def promote(
    env: EnvOption = None,
    policy: PolicyOption = None,
    provider: ProviderOption = None,
    flags: FlagsOption = False,
    full: Annotated[bool, typer.Option("--full", help="Go to the last step at once.")] = False,
    if_ready: Annotated[
        bool, typer.Option("--if-ready", help="Every rollout whose wait is over and whose gates hold; else nothing.")
    ] = False,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    key: KeyOption = None,
    skew_ok: SkewOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Move a rollout to its next step, once its gates are met.

    Without --policy, --provider or --flags: the only rollout that is on its way. With --if-ready a gate that failed
    ends the rollout, and one that says nothing pauses it; both exit 1.
    """
    from pxctl.app.flows.promote import promote_rollouts, stopped
    from pxctl.report.release import results_text

    out = Output(output, quiet=quiet, verbose=verbose)
    desk = desk_for(repo, env, key=key, skew_ok=skew_ok)
    subject = one_subject(policy, provider, flags, required=False)
    results = promote_rollouts(desk, subject, full=full, if_ready=if_ready, reason=reason, dry_run=dry_run)
    if len(results) == 1:
        answer(out, results[0], format)
    else:
        out.answer({"results": results}, format, lambda found: results_text(found["results"]))
    return 1 if stopped(results) else 0
