"""`pxctl safe-mode`: allow only the allow-listed deployments, or end that."""

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
    KeyOption,
    OfflineOption,
    ReasonOption,
    SkewOption,
    answer,
    desk_for,
    split,
)

app = verb_app(no_args_is_help=True)
LineOption = Annotated[str | None, typer.Option("--business-line", metavar="X,Y", help="These business lines only.")]
TenantOption = Annotated[str | None, typer.Option("--tenant", "-t", metavar="A,B", help="These tenants only.")]


@app.command(epilog=examples("pxctl safe-mode on --env production --reason 'error storm at openai-main'"))
def on(
    env: EnvOption = None,
    business_line: LineOption = None,
    tenant: TenantOption = None,
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
    """Switch safe mode on: quick, and without approvals. Without a selection: for the whole environment."""
    from pxctl.app.flows.safe_mode import switch

    out = Output(output, quiet=quiet, verbose=verbose)
    desk = desk_for(repo, env, key=key, skew_ok=skew_ok)
    result = switch(desk, True, split(business_line), split(tenant), reason, dry_run)
    return answer(out, result, format)


@app.command(epilog=examples("pxctl safe-mode off --env production --reason 'storm is over'"))
def off(
    env: EnvOption = None,
    business_line: LineOption = None,
    tenant: TenantOption = None,
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
    """Switch safe mode off, by hand and by somebody who may. Without a selection: everywhere in the environment."""
    from pxctl.app.flows.safe_mode import switch

    out = Output(output, quiet=quiet, verbose=verbose)
    desk = desk_for(repo, env, key=key, skew_ok=skew_ok)
    result = switch(desk, False, split(business_line), split(tenant), reason, dry_run)
    return answer(out, result, format)


@app.command(epilog=examples("pxctl safe-mode status --env production"))
def status(
    env: EnvOption = None,
    offline: OfflineOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Show where safe mode is on."""
    from pxctl.app.flows.safe_mode import safe_mode_of
    from pxctl.report.status import safe_mode_text

    out = Output(output, quiet=quiet, verbose=verbose)
    out.answer(safe_mode_of(desk_for(repo, env), fetch=not offline), format, safe_mode_text)
    return 0
