"""`pxctl sync`: push what is live to the targets, and report drift."""

from __future__ import annotations

from typing import Annotated

import typer

from pxctl.app.cli.options import verb_app
from pxctl.app.cli.releasing import Call, ReasonOption, split, verb

app = verb_app()


@verb(
    app,
    "pxctl sync --env production",
    "pxctl sync --env production --dry-run --format json",
    "pxctl sync --env production --target rendered --adopt --reason 'the environment was begun anew'",
)
def sync(
    go: Call,
    target: Annotated[
        str | None, typer.Option("--target", "-t", metavar="NAME,...", help="Only these; default: all it has.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Report drift and send nothing.")] = False,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="The environment was begun anew: a newer release there gives way.")
    ] = False,
    reason: ReasonOption = "",
) -> int:
    """Push what is live to an environment's targets, and report drift.

    Exit 0: all in sync. 1: drift that was only looked at, or items that nobody knows. 2: a target is down, or refused
    something; it keeps what it had, and the next sync catches up.
    """
    from pxctl.app.flows.sync import sync as run
    from pxctl.report.sync import sync_text

    desk = go.desk()
    with go.out.progress(f"syncing {desk.environment}") as step:
        report = run(desk, split(target), dry_run=dry_run, step=step.advance, adopt=reason if adopt else None)
    go.out.answer(report, go.format, sync_text)
    return report.exit_code
