"""`pxctl rollback`: put earlier versions back."""

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
    ReasonOption,
    SkewOption,
    answer,
    desk_for,
    split,
)

app = verb_app()


@app.command(
    epilog=examples(
        "pxctl rollback --env production --reason 'refusals doubled'",
        "pxctl rollback --env production --policy default@11 --tenant acme --dry-run",
        "pxctl rollback --env production --to 41 --reason 'back to Friday'",
    )
)
def rollback(
    env: EnvOption = None,
    policy: Annotated[
        list[str] | None, typer.Option("--policy", "-p", metavar="NAME[@N]", help="This policy; repeat for more.")
    ] = None,
    provider: Annotated[
        list[str] | None, typer.Option("--provider", metavar="ID[@N]", help="This provider; repeat for more.")
    ] = None,
    flags: Annotated[bool, typer.Option("--flags", help="The feature flags.")] = False,
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", metavar="A,B", help="These tenants only.")] = None,
    to: Annotated[int | None, typer.Option("--to", metavar="SEQ", help="What was live at this release.")] = None,
    keep_flags: Annotated[bool, typer.Option("--keep-flags", help="Leave the flags as they are.")] = False,
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
    """Put back what was live before, as a new release, in any combination of subjects and tenants.

    Without a name: the rollout that is on its way, else the last one that finished. The version that is taken back
    stays blocked until `pxctl publish --again --reason WHY`.
    """
    from pxctl.app.flows.rollback import roll_back

    out = Output(output, quiet=quiet, verbose=verbose)
    desk = desk_for(repo, env, key=key, skew_ok=skew_ok)
    named = [*(f"policies/{p}" for p in policy or ()), *(f"providers/{p}" for p in provider or ())]
    result = roll_back(
        desk, [*named, *(["flags"] if flags else [])], tenants=split(tenant), to=to, reason=reason,
        keep_flags=keep_flags, dry_run=dry_run,
    )  # fmt: skip
    return answer(out, result, format)
