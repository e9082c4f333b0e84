"""`pxctl abort`: take a rollout's version back."""

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


@app.command(epilog=examples("pxctl abort --env production --policy default --reason 'p95 doubled'"))
def abort(
    env: EnvOption = None,
    policy: PolicyOption = None,
    provider: ProviderOption = None,
    flags: FlagsOption = False,
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
    """Take a rollout's new version back: everybody who has it gets what they had before.

    Without --policy, --provider or --flags: the only rollout that is on its way.
    """
    from pxctl.app.flows.release import release
    from pxctl.release.steps import Abort

    out = Output(output, quiet=quiet, verbose=verbose)
    desk = desk_for(repo, env, key=key, skew_ok=skew_ok)
    subject = one_subject(policy, provider, flags, required=False)
    return answer(out, release(desk, Abort(subject, reason=reason), dry_run=dry_run), format)
