"""`pxctl status`: what is live where, and every rollout."""

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
from pxctl.app.cli.releasing import EnvOption, OfflineOption

app = verb_app()


@app.command(epilog=examples("pxctl status", "pxctl status --env production --tenant acme --at 2026-11-01T10:00Z"))
def status(
    env: EnvOption = None,
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", metavar="ID", help="What this tenant has.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME|SEQ", help="At a moment, or at a release.")] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="How the environment is run: onboarding, publishing, rollbacks, secrets.")
    ] = False,
    offline: OfflineOption = False,
    repo: RepoOption = None,
    format: FormatOption = Format.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Show who has what, since when, every rollout and its step, what is blocked, and safe mode.

    Exit 1 where a tip is no release.
    """
    from pxctl.app.cli.env import desks
    from pxctl.app.cli.releasing import desk_for
    from pxctl.app.flows.live_start import one_status, one_tenant
    from pxctl.report.status import environments_text, status_text, tenant_text

    out = Output(output, quiet=quiet, verbose=verbose)
    if figures:
        from pxctl.app.flows.live_start import figures_of
        from pxctl.report.figures import figures_text

        out.answer(figures_of(desk_for(repo, env), fetch=not offline), format, figures_text)
        return 0
    if tenant is not None:
        out.answer(one_tenant(desk_for(repo, env), tenant, at, fetch=not offline), format, tenant_text)
        return 0
    if env is not None:
        found = one_status(desk_for(repo, env), at, fetch=not offline)
        out.answer(found, format, status_text)
        return 1 if found.problems else 0
    every = [one_status(desk, at, fetch=not offline) for desk in desks(repo)]
    out.answer({"environments": every}, format, lambda value: environments_text(value["environments"]))
    return 1 if any(s.problems for s in every) else 0
