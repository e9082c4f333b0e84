"""`pxctl retry`: run a paused or aborted rollout again."""

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


@app.command(epilog=examples("pxctl retry --env production --policy default"))
def retry(
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
    """Go on with a paused rollout where it stopped, or start an aborted one again from its first step.

    Without --policy, --provider or --flags: the only rollout that is on its way.
    """
    from pxctl.app.flows.release import release
    from pxctl.release.steps import Retry

    out = Output(output, quiet=quiet, verbose=verbose)
    desk = desk_for(repo, env, key=key, skew_ok=skew_ok)
    subject = one_subject(policy, provider, flags, required=False)
    return answer(out, release(desk, Retry(subject, reason=reason), dry_run=dry_run), format)
